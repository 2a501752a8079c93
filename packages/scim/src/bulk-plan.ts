/** What the order of a bulk depends on: which name an operation gives to what it creates, and which names it uses. */
export interface BulkNode {
  readonly defines: string | null
  readonly refersTo: Iterable<string>
}

export interface BulkStep {
  /** Of the operation. */
  readonly index: number
  /** `ask`: carry it out, without the references in `later`. `link`: add those. */
  readonly kind: 'ask' | 'link'
  /** References that cannot be resolved by then: who is named names this one in turn. Both steps have the same. */
  readonly later: ReadonlySet<string>
}

interface Visit {
  readonly index: number
  readonly depth: number
  readonly references: Iterator<string>
  readonly later: Set<string>
  /** Who of `later` is asked last. */
  last: Visit | undefined
  /** Who can be linked once this one was asked. */
  readonly linked: Visit[]
}

/**
 * Orders the operations of a bulk: as the client has them, but for those that refer to a later one, which goes first. Where
 * that closes a circle, the one in it that comes first is asked without the reference and linked as soon as all are there
 * (RFC 7644 section 3.7.1). A reference that nobody defines orders nothing. Takes time and memory linear in the references.
 */
export function planBulk(operations: readonly BulkNode[]): BulkStep[] {
  const definedBy = new Map<string, number>()
  for (const [index, { defines }] of operations.entries()) {
    if (defines !== null && !definedBy.has(defines)) definedBy.set(defines, index)
  }
  const steps: BulkStep[] = []
  const visits = new Map<number, Visit>()
  const asked = new Set<number>()
  const path: Visit[] = []

  const enter = (index: number) => {
    const references = new Set(operations[index]?.refersTo).values()
    const visit: Visit = { index, depth: path.length, references, later: new Set(), last: undefined, linked: [] }
    visits.set(index, visit)
    path.push(visit)
  }
  const leave = (visit: Visit) => {
    path.pop()
    asked.add(visit.index)
    steps.push({ index: visit.index, kind: 'ask', later: visit.later })
    visit.last?.linked.push(visit)
    for (const { index, later } of visit.linked) steps.push({ index, kind: 'link', later })
  }
  const follow = (visit: Visit, name: string) => {
    const index = definedBy.get(name)
    if (index === undefined || asked.has(index)) return
    const onPath = visits.get(index)
    if (onPath === undefined) return enter(index)
    visit.later.add(name)
    if (visit.last === undefined || onPath.depth < visit.last.depth) visit.last = onPath
  }

  for (const index of operations.keys()) {
    if (!asked.has(index)) enter(index)
    // A loop: a chain of references may be as long as the list.
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const next = visit.references.next()
      if (next.done) leave(visit)
      else follow(visit, next.value)
    }
  }
  return steps
}
