import kafkajs, { type PartitionAssigner } from 'kafkajs'
import { assignTopics, type Claim } from './distribution.ts'

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
    async assign({ members }) {
      const claims = members.map(({ memberId, memberMetadata }) => readClaim(memberId, memberMetadata))
      const topics = [...new Set(claims.flatMap((claim) => claim.topics))]
      // The leader may be of an older version than a member, and know fewer topics.
      await cluster.addMultipleTargetTopics(topics)
      const counts = new Map(topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length]))
      return [...assignTopics(claims, counts)].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 1,
          assignment: Object.fromEntries(assignment),
          userData: Buffer.alloc(0),
        }),
      }))
    },
  })
}

function readClaim(memberId: string, metadata: Buffer): Claim {
  const decoded = AssignerProtocol.MemberMetadata.decode(metadata)
  const userData = decoded?.userData.toString()
  return {
    memberId,
    topics: decoded?.topics ?? [],
    held: userData ? (JSON.parse(userData) as number[]) : [],
  }
}
