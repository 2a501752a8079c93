import { decodeCursor, encodeCursor } from '@user-provisioning/contracts/admin/cursor'
import type { AdminAnswer, AdminQuery } from '@user-provisioning/contracts/admin-requests'
import type { Mongo } from '@user-provisioning/mongo/connection'
import type { MappingSet } from '../mapping-sets/mapping-set.ts'
import { attributes, type StoredAttribute } from './attributes-seen.ts'
import { mappedPaths } from './mapped-paths.ts'

/**
 * A page of the attributes that the IdP sends, by path, with the row that maps each.
 * @throws ScimError cursor-invalid
 */
export async function listAttributes(
  mongo: Pick<Mongo, 'bound'>,
  instanceId: string,
  set: MappingSet,
  { limit, after, mapped }: AdminQuery<'listAttributes'>,
): Promise<AdminAnswer<'listAttributes'>> {
  const list = ['listAttributes', instanceId, String(mapped)]
  const rowOf = mappedPaths(set.rows)
  const behind = after === undefined ? {} : { path: { $gt: decodeCursor(list, after, 1)[0] } }
  const page: (StoredAttribute & { mappedBy: string | null })[] = []
  let hasMore = false
  for await (const found of mongo.bound(attributes, instanceId).each(behind, { sort: { path: 1 } })) {
    const mappedBy = found.kind === 'unknown' ? null : rowOf(found.path)
    if (mapped !== undefined && mapped !== (mappedBy !== null)) continue
    hasMore = page.length === limit
    if (hasMore) break
    page.push({ ...found, mappedBy })
  }
  const last = page.at(-1)
  return {
    items: page.map(({ path, kind, sampleCount, lastSeenAt, example, mappedBy }) => ({
      path,
      kind,
      sampleCount,
      lastSeenAt: lastSeenAt.toISOString(),
      example,
      mappedBy,
    })),
    next: last && hasMore ? encodeCursor(list, [last.path]) : null,
    asOf: new Date().toISOString(),
  }
}
