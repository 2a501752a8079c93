import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { Reply } from '@user-provisioning/contracts/reply'
import type { JsonObject } from '@user-provisioning/scim/json'
import type { ApiKeyDocument } from '../api-keys/api-key-document.ts'
import { blankGroup } from '../groups/group-change.ts'
import type { GroupDocument } from '../groups/group-document.ts'
import type { InstanceDocument } from '../instances/instance-document.ts'
import { type MembershipDocument, membershipId } from '../memberships/membership-document.ts'
import { nativeUser } from '../users/native-user.ts'
import { blankUser, withResource } from '../users/user-change.ts'
import type { UserDocument } from '../users/user-document.ts'
import type { AdminCommandType, Command } from './command.ts'
import { decideCommand } from './decide-command.ts'
import { heldName } from './effect.ts'
import { type View, type ViewDocuments, viewOf } from './view.ts'

// What the tests of decisions share: an instance with a connector, and ways to fill it.
const born = new Date('2026-11-02T09:00:00.000Z')
export const now = new Date('2026-11-02T09:30:00.000Z')
export const acme = 'acme'
const admin = { type: 'admin', id: 'ada', name: 'Ada Brandt' } as const

export const integrationUserId = '0199b0f2-7a3e-7c11-8f00-2d3c4b5a6978'

export const instance: InstanceDocument = {
  _id: acme,
  name: 'Acme',
  searchName: 'acme',
  label: 'test',
  state: 'active',
  version: 1,
  createdAt: born,
  createdBy: admin,
  changedAt: born,
  changedBy: admin,
}
export const integrationUser = nativeUser(
  { instanceId: acme, id: integrationUserId, userName: 'provisioning@acme.test' },
  { role: 'lite-admin' },
  born,
)
export const apiKey: ApiKeyDocument = {
  _id: 'key',
  instanceId: acme,
  slot: 'primary',
  holdsSlot: true,
  label: 'Entra',
  integrationUserId,
  createdAt: born,
  expiresAt: new Date('2027-11-02T09:00:00.000Z'),
  revokedAt: null,
  version: 1,
}

/** A managed user, as an IdP made it. */
export function managed(id: string, scim: JsonObject = {}, instanceId = acme): UserDocument {
  const resource = { userName: `${id}@acme.test`, active: true, ...scim }
  return withResource(blankUser(instanceId, id, born), resource, viewOf({}), born).after
}

export function native(id: string, fields: Record<string, string> = {}, instanceId = acme): UserDocument {
  return nativeUser({ instanceId, id, userName: `${id}@acme.test` }, { fields }, born)
}

export function deleted(user: UserDocument): UserDocument {
  return { ...user, state: 'deleted', visible: false }
}

export function group(id: string, more: Partial<GroupDocument> = {}): GroupDocument {
  const displayName = `Team ${id}`
  return {
    ...blankGroup(acme, id, born),
    scimSyncId: id,
    displayName,
    scim: { displayName },
    version: 1,
    scimVersion: 1,
    ...more,
  }
}

export function membership(groupId: string, memberId: string, more: Partial<MembershipDocument> = {}) {
  return {
    _id: membershipId(groupId, memberId),
    instanceId: acme,
    groupId,
    memberId,
    memberType: 'User' as const,
    pending: false,
    addedAt: born,
    ...more,
  }
}

/** What a committing group sees: the instance with its connector, and these; name claims follow from the users. */
export function seen(documents: ViewDocuments = {}): View {
  const users = [...(documents.users ?? []), integrationUser]
  const userNames = users.flatMap((user) => {
    const name = heldName(user)
    return name === null ? [] : [{ _id: name, instanceId: user.instanceId, userId: user._id }]
  })
  return viewOf({ instances: [instance], apiKeys: [apiKey], userNames, ...documents, users })
}

type Scim<Message> = Message extends { apiKeyId: string }
  ? Omit<Message, 'requestId' | 'instanceId' | 'apiKeyId' | 'at' | 'deadlineAt'>
  : never

/** A SCIM command of the instance's connector. */
export function scimCommand(command: Scim<Command>): Command {
  const envelope = { requestId: 'r', instanceId: acme, apiKeyId: 'key', at: now.toISOString() }
  return { ...command, ...envelope, deadlineAt: now.toISOString() } as Command
}

export function adminCommand(type: AdminCommandType, more: Partial<AdminRequest>): Command {
  return {
    type,
    requestId: 'r',
    instanceId: acme,
    entityId: 'minted',
    actor: admin,
    at: now.toISOString(),
    deadlineAt: now.toISOString(),
    fingerprint: null,
    parameters: {},
    query: {},
    body: null,
    ...more,
  } as AdminRequest
}

/** What the committer would be told. */
export function decide(command: Command, view: View) {
  return decideCommand({ command, id: 'r', now, mintedId: 'minted' }, view)
}

/** The same, with the facts and states to announce by type. */
export function decided(command: Command, view: View) {
  const decision = decide(command, view)
  if (decision === 'too-large') throw new Error('too large for one transaction')
  const announcements = 'writes' in decision ? decision.announcements : []
  return {
    reply: decision.reply as Reply,
    isWritten: 'writes' in decision,
    writes: 'writes' in decision ? decision.writes : [],
    types: announcements.map(({ type }) => type),
    // biome-ignore lint/suspicious/noExplicitAny: facts are looked into freely by tests
    facts: announcements.map(({ value }) => value as any),
  }
}

/** The code that a command is refused with. */
export function refusedWith(command: Command, view: View): string | undefined {
  const { reply, isWritten } = decided(command, view)
  return reply.outcome === 'refused' && !isWritten ? reply.fault.code : undefined
}
