import type { Broker, Cluster } from 'kafkajs'

/** What kafkajs' broker has and its types leave out. */
type Coordinator = Broker & { leaveGroup(member: { groupId: string; memberId: string }): Promise<void> }

interface Described {
  readonly groups: readonly { readonly members: readonly { readonly memberId: string; readonly clientId: string }[] }[]
}

/**
 * Ends the membership of a killed process that ran under this replica's name. Otherwise the group waits for the end of its
 * session before it deals its partitions out, and nobody handles anything meanwhile.
 * @param clientId the replica: two processes at once never have the same
 */
export async function leaveAsFormerSelf(cluster: Cluster, groupId: string, clientId: string): Promise<void> {
  const coordinator = (await cluster.findGroupCoordinator({ groupId })) as Coordinator
  const { groups }: Described = await coordinator.describeGroups({ groupIds: [groupId] })
  const former = groups.flatMap(({ members }) => members).filter((member) => member.clientId === clientId)
  for (const { memberId } of former) await coordinator.leaveGroup({ groupId, memberId })
}
