import kafkajs, { type Assignment, type PartitionAssigner } from 'kafkajs'

const { AssignerProtocol } = kafkajs
const name = 'copartitioned'

/**
 * Gives partition n of every subscribed topic to one member, and lets members keep what they had, so that a join or leave
 * moves as few entities as it must. kafkajs' own assigner deals topics out separately.
 * @param held the partitions this member holds now; they travel to the group's leader as the member's user data
 */
export function copartitionedAssigner(held: () => readonly number[]): PartitionAssigner {
  return ({ cluster }) => ({
    name,
    version: 1,
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: 1,
        topics,
        userData: Buffer.from(JSON.stringify(held())),
      }),
    }),
    async assign({ members, topics }) {
      const counts = new Map(topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length]))
      const claims = members.map(({ memberId, memberMetadata }) => {
        const userData = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData.toString()
        return { memberId, held: userData ? (JSON.parse(userData) as number[]) : [] }
      })
      const owned = distribute(claims, Math.max(0, ...counts.values()))
      return [...owned].map(([memberId, partitions]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 1,
          assignment: assignmentOf(partitions, counts),
          userData: Buffer.alloc(0),
        }),
      }))
    },
  })
}

function assignmentOf(partitions: readonly number[], counts: ReadonlyMap<string, number>): Assignment {
  return Object.fromEntries([...counts].map(([topic, count]) => [topic, partitions.filter((n) => n < count)]))
}

/**
 * Deals partitions 0 to count - 1 out, as evenly as can be; each member keeps of what it held as much as its share allows.
 * @returns partitions by member id
 */
export function distribute(
  members: readonly { memberId: string; held: readonly number[] }[],
  count: number,
): Map<string, number[]> {
  const ids = members.map((member) => member.memberId).toSorted()
  const share = new Map(
    ids.map((id, index) => [id, Math.floor(count / ids.length) + (index < count % ids.length ? 1 : 0)]),
  )
  const owned = new Map<string, number[]>(ids.map((id) => [id, []]))
  const taken = new Set<number>()
  for (const { memberId, held } of members) {
    const mine = owned.get(memberId) ?? []
    for (const partition of held) {
      if (partition >= count || taken.has(partition) || mine.length >= (share.get(memberId) ?? 0)) continue
      mine.push(partition)
      taken.add(partition)
    }
  }
  const free = Array.from({ length: count }, (_, partition) => partition).filter((partition) => !taken.has(partition))
  for (const [id, mine] of owned) mine.push(...free.splice(0, (share.get(id) ?? 0) - mine.length))
  return owned
}
