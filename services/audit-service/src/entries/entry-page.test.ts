import type { ReadOptions } from '@user-provisioning/mongo/collection-reads'
import type { Query } from '@user-provisioning/mongo/write'
import { describe, expect, test } from 'vitest'
import { entryFilter, readEntryPage } from './entry-page.ts'

const at = (ms: number) => new Date(Date.UTC(2026, 10, 2, 9, 30, 0, ms))
const list = { operation: 'readChangeHistory', instanceId: 'i1' }

/** A collection that only notes what it is asked for and gives what it is told to. */
function entries(...docs: { _id: string; at: Date }[]) {
  const asked: { filter: Query; options: ReadOptions | undefined }[] = []
  const find = async (filter: Query, options?: ReadOptions) => {
    asked.push({ filter, options })
    return docs.slice(0, options?.limit)
  }
  return { asked, find }
}

describe('a page of entries', () => {
  test('has a next page exactly when there is one more entry', async () => {
    const docs = [2, 1, 0].map((ms) => ({ _id: `e${ms}`, at: at(ms) }))
    expect((await readEntryPage(entries(...docs), list, { limit: 3 })).next).toBeNull()
    const page = await readEntryPage(entries(...docs), list, { limit: 2 })
    expect(page.entries.map(({ _id }) => _id)).toEqual(['e2', 'e1'])
    expect(page.next).toEqual(expect.any(String))
  })

  test('goes on behind the last entry of the page before, of the same moment too', async () => {
    const { next } = await readEntryPage(entries({ _id: 'b', at: at(1) }, { _id: 'a', at: at(1) }), list, { limit: 1 })
    const second = entries()
    await readEntryPage(second, list, { limit: 1, after: next ?? '' })
    expect(second.asked[0]?.filter).toEqual({
      $and: [{ at: { $lte: at(1) } }, { $or: [{ at: { $lt: at(1) } }, { _id: { $lt: 'b' } }] }],
    })
  })

  test('refuses a cursor of another person, instance or list', async () => {
    const { next } = await readEntryPage(entries({ _id: 'b', at: at(1) }, { _id: 'a', at: at(1) }), list, { limit: 1 })
    const after = next ?? ''
    const refused = expect.objectContaining({ code: 'cursor-invalid' })
    await expect(readEntryPage(entries(), list, { limit: 1, after, person: 'nora' })).rejects.toEqual(refused)
    await expect(readEntryPage(entries(), { ...list, instanceId: 'i2' }, { limit: 1, after })).rejects.toEqual(refused)
    await expect(readEntryPage(entries(), list, { limit: 1, after: 'x' })).rejects.toEqual(refused)
  })

  test('of a person is found whatever the case of the name; the range of time is half open', () => {
    expect(
      entryFilter(
        { limit: 1, person: 'NORA@Acme.test', from: at(1).toISOString(), to: at(5).toISOString() },
        undefined,
      ),
    ).toEqual({ persons: 'nora@acme.test', at: { $gte: at(1), $lt: at(5) } })
  })
})
