import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BulkStep, planBulk } from './bulk-plan.ts'

/** Operations in the client's order: each defines its name and refers to others by theirs. */
const plan = (operations: Record<string, string[]>) =>
  planBulk(Object.entries(operations).map(([defines, refersTo]) => ({ defines, refersTo })))

const shown = (steps: readonly BulkStep[], names: readonly string[]) =>
  steps.map(({ index, kind, later }) => [kind, names[index], ...later].join(' '))

describe('the order of a bulk', () => {
  it("is the client's", () => {
    expect(shown(plan({ a: [], b: ['a'], c: ['b', 'a'] }), ['a', 'b', 'c'])).toEqual(['ask a', 'ask b', 'ask c'])
  })

  it('has what is referred to first, whatever is behind it', () => {
    const steps = plan({ crew: ['ann', 'ben'], cook: [], ben: ['ann'], ann: [] })
    expect(shown(steps, ['crew', 'cook', 'ben', 'ann'])).toEqual(['ask ann', 'ask ben', 'ask crew', 'ask cook'])
  })

  it('closes a circle as soon as all of it are there', () => {
    const steps = plan({ a: ['b'], b: ['c'], c: ['a', 'b'], d: [] })
    expect(shown(steps, ['a', 'b', 'c', 'd'])).toEqual(['ask c a b', 'ask b', 'ask a', 'link c a b', 'ask d'])
  })

  it('links what refers to itself', () => {
    expect(shown(plan({ a: ['a'] }), ['a'])).toEqual(['ask a a', 'link a a'])
  })

  it('does not depend on who is not there, and takes the first of two with one name', () => {
    expect(shown(planBulk([{ defines: null, refersTo: ['ghost'] }]), ['x'])).toEqual(['ask x'])
    const twice = [
      { defines: null, refersTo: ['a'] },
      { defines: 'a', refersTo: [] },
      { defines: 'a', refersTo: [] },
    ]
    expect(shown(planBulk(twice), ['x', 'first', 'second'])).toEqual(['ask first', 'ask x', 'ask second'])
  })

  const graphs = fc.array(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__', 'constructor'),
      isCreate: fc.boolean(),
      refersTo: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__', 'constructor', 'ghost'), {
        maxLength: 4,
      }),
    }),
    { maxLength: 12 },
  )

  it('asks each once, what it needs before it, and adds in its link what it had to leave out', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const operations = graph.map(({ name, isCreate, refersTo }) => ({ defines: isCreate ? name : null, refersTo }))
        const steps = planBulk(operations)
        const definer = (name: string) => operations.findIndex(({ defines }) => defines === name)
        const asks = steps.filter(({ kind }) => kind === 'ask')
        expect(asks.map(({ index }) => index).sort((a, b) => a - b)).toEqual([...operations.keys()])
        for (const [index, { refersTo }] of operations.entries()) {
          const at = steps.findIndex((step) => step.index === index && step.kind === 'ask')
          const later = steps[at]?.later ?? new Set()
          const links = steps.flatMap((step, position) =>
            step.index === index && step.kind === 'link' ? [position] : [],
          )
          expect(links).toHaveLength(later.size > 0 ? 1 : 0)
          for (const name of refersTo.filter((item) => definer(item) >= 0)) {
            const needed = steps.findIndex((step) => step.index === definer(name) && step.kind === 'ask')
            expect(needed).toBeLessThan(later.has(name) ? (links[0] ?? 0) : at)
          }
        }
      }),
    )
  })

  it('leaves nothing out where there is no circle', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 20 }),
        fc.infiniteStream(fc.nat()),
        (references, order) => {
          // Each refers to names below its own; then they are shuffled.
          const operations = references
            .map((targets, n) => ({ defines: String(n), refersTo: n === 0 ? [] : targets.map((to) => String(to % n)) }))
            .map((operation) => ({ operation, key: order.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ operation }) => operation)
          expect(planBulk(operations).filter(({ kind, later }) => kind === 'link' || later.size > 0)).toEqual([])
        },
      ),
    )
  })

  it('takes a chain of 20,000 and a circle of as many in its stride', () => {
    const size = 20_000
    const chain = Array.from({ length: size }, (_, n) => ({ defines: String(n), refersTo: [String(n + 1)] }))
    const steps = planBulk(chain)
    expect(steps.map(({ index }) => index)).toEqual(Array.from({ length: size }, (_, n) => size - 1 - n))
    const circle = chain.map((node, n) => (n === size - 1 ? { ...node, refersTo: ['0'] } : node))
    expect(planBulk(circle).filter(({ later }) => later.size > 0)).toHaveLength(2)
  })
})
