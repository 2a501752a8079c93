import type { ReadOptions } from '@user-provisioning/mongo/collection-reads'
import type { Query } from '@user-provisioning/mongo/write'
import { describe, expect, test } from 'vitest'
import { listObjects } from './list-objects.ts'

const now = new Date('2026-11-02T09:30:00.000Z')
const object = (_id: string) => ({
  _id,
  instanceId: 'i1',
  type: 'job-title',
  name: _id,
  foldedName: _id,
  version: 1,
  createdAt: now,
  changedAt: now,
})

/** A collection that notes what it is asked for and gives what it is told to. */
function found(...ids: string[]) {
  const asked: Query[] = []
  const find = async (filter: Query, options?: ReadOptions) => {
    asked.push(filter)
    return ids.map(object).slice(0, options?.limit)
  }
  return { asked, find }
}

describe('a list of objects', () => {
  test('goes on behind the last object of the page before', async () => {
    const first = await listObjects(found('a', 'b', 'c'), 'i1', { limit: 2 }, now)
    expect(first.items.map(({ id }) => id)).toEqual(['a', 'b'])
    const second = found('c')
    const last = await listObjects(second, 'i1', { limit: 2, after: first.next ?? '' }, now)
    expect(second.asked).toEqual([{ _id: { $gt: 'b' } }])
    expect(last.next).toBeNull()
  })

  test('is filtered by type and by the whole name in any case', async () => {
    const objects = found()
    await listObjects(objects, 'i1', { limit: 2, type: 'job-title', name: 'ENGINEER' }, now)
    expect(objects.asked).toEqual([{ type: 'job-title', foldedName: 'engineer' }])
  })

  test('refuses a cursor of another instance or filter', async () => {
    const { next } = await listObjects(found('a', 'b'), 'i1', { limit: 1 }, now)
    const refused = expect.objectContaining({ code: 'cursor-invalid' })
    const after = next ?? ''
    await expect(listObjects(found(), 'i2', { limit: 1, after }, now)).rejects.toEqual(refused)
    await expect(listObjects(found(), 'i1', { limit: 1, after, name: 'x' }, now)).rejects.toEqual(refused)
  })
})
