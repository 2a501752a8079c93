/** A member of a group as its leader sees it. */
export interface Claim {
  readonly memberId: string
  /** The partition numbers that it holds now. */
  readonly held: readonly number[]
  readonly topics: readonly string[]
}

/**
 * Deals partitions 0 to count - 1 out, as evenly as can be; each member keeps of what it held as much as its share allows, and the
 * larger shares go to those who hold more, so that nothing moves without need.
 * @returns partition numbers by member id
 */
export function distribute(members: readonly Pick<Claim, 'memberId' | 'held'>[], count: number): Map<string, number[]> {
  const taken = new Set<number>()
  const claims = members
    .toSorted((a, b) => compare(a.memberId, b.memberId))
    .map(({ memberId, held }) => {
      const valid = held.filter((partition) => partition >= 0 && partition < count && !taken.has(partition))
      for (const partition of valid) taken.add(partition)
      return { memberId, held: [...new Set(valid)] }
    })
    .toSorted((a, b) => b.held.length - a.held.length)
  const owned = claims.map(({ memberId, held }, index) => {
    const share = Math.floor(count / claims.length) + (index < count % claims.length ? 1 : 0)
    return { memberId, share, partitions: held.slice(0, share) }
  })
  const kept = new Set(owned.flatMap(({ partitions }) => partitions))
  const free = Array.from({ length: count }, (_, partition) => partition).filter((partition) => !kept.has(partition))
  for (const { share, partitions } of owned) partitions.push(...free.splice(0, share - partitions.length))
  return new Map(owned.map(({ memberId, partitions }) => [memberId, partitions]))
}

/**
 * Partition n of every topic to the owner of n. While members of two versions run side by side an owner may not read a topic: that
 * topic's partition n goes to one who does, the same each time.
 * @param counts partitions by topic
 * @returns by member id, for each topic its partitions
 */
export function assignTopics(
  members: readonly Claim[],
  counts: ReadonlyMap<string, number>,
): Map<string, Map<string, number[]>> {
  const owned = distribute(members, Math.max(0, ...counts.values()))
  const ownerOf = new Map([...owned].flatMap(([memberId, partitions]) => partitions.map((n) => [n, memberId] as const)))
  const assigned = new Map(members.map(({ memberId }) => [memberId, new Map<string, number[]>()]))
  for (const [topic, count] of counts) {
    const readers = members.filter(({ topics }) => topics.includes(topic)).map(({ memberId }) => memberId)
    readers.sort(compare)
    for (let n = 0; n < count; n++) {
      const owner = ownerOf.get(n)
      const memberId = owner !== undefined && readers.includes(owner) ? owner : readers[n % readers.length]
      const mine = memberId === undefined ? undefined : assigned.get(memberId)
      if (mine) mine.set(topic, [...(mine.get(topic) ?? []), n])
    }
  }
  return assigned
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
