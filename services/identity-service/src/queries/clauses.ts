import type { Query } from '@user-provisioning/mongo/write'

/** One clause an instance, for `findInEach`: what has one of its values at `path`. */
export function clausesOf(
  path: string,
  keys: Iterable<{ readonly instanceId: string; readonly id: string }>,
  more: Query = {},
): { instanceId: string; filter: Query }[] {
  return [...Map.groupBy(keys, ({ instanceId }) => instanceId)].map(([instanceId, ofInstance]) => ({
    instanceId,
    filter: { ...more, [path]: { $in: [...new Set(ofInstance.map(({ id }) => id))] } },
  }))
}
