import { listApiKeys } from './api-keys/list-api-keys.ts'
import { listFields } from './fields/list-fields.ts'
import { findGroups } from './groups/find-groups.ts'
import { listGroups } from './groups/list-groups.ts'
import { readGroup } from './groups/read-group.ts'
import { readScimGroup } from './groups/read-scim-group.ts'
import { listHeld } from './guard/list-held.ts'
import { readGuard } from './guard/read-guard.ts'
import { listInstances } from './instances/list-instances.ts'
import { readInstance } from './instances/read-instance.ts'
import { listIntegrationUsers } from './integration-users/list-integration-users.ts'
import { listMembers } from './memberships/list-members.ts'
import { readMembers } from './memberships/read-members.ts'
import { listPickUps } from './pick-ups/list-pick-ups.ts'
import { findAcrossTypes } from './queries/find-across-types.ts'
import type { Answering, QueryOf, QueryType } from './queries/query.ts'
import { readSettings } from './settings/read-settings.ts'
import { findUsers } from './users/find-users.ts'
import { listUsers } from './users/list-users.ts'
import { readScimUser } from './users/read-scim-user.ts'
import { readUser } from './users/read-user.ts'

/** Everything that only reads, by the type of the message that asks for it. */
export const queries: { readonly [Type in QueryType]: Answering<QueryOf<Type>> } = {
  ReadScimUser: readScimUser,
  FindUsers: findUsers,
  ReadScimGroup: readScimGroup,
  FindGroups: findGroups,
  ReadMembers: readMembers,
  FindResources: findAcrossTypes,
  ListInstances: listInstances,
  ReadInstance: readInstance,
  ReadSettings: readSettings,
  ListIntegrationUsers: listIntegrationUsers,
  ListApiKeys: listApiKeys,
  ListPickUps: listPickUps,
  ListUsers: listUsers,
  ReadUser: readUser,
  ListGroups: listGroups,
  ReadGroup: readGroup,
  ListMembers: listMembers,
  ReadGuard: readGuard,
  ListHeld: listHeld,
  ListFields: listFields,
}
