import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { ScimQuery } from '@user-provisioning/contracts/identity-requests'
import type { Reply } from '@user-provisioning/contracts/reply'
import type { Reading } from './reading.ts'

type AdminQueryType =
  | 'ListInstances'
  | 'ReadInstance'
  | 'ReadSettings'
  | 'ListIntegrationUsers'
  | 'ListApiKeys'
  | 'ListPickUps'
  | 'ListUsers'
  | 'ReadUser'
  | 'ListGroups'
  | 'ReadGroup'
  | 'ListMembers'
  | 'ReadGuard'
  | 'ListHeld'
  | 'ListFields'

export type QueryType = ScimQuery['type'] | AdminQueryType
export type QueryOf<Type extends QueryType> = Type extends AdminQueryType
  ? AdminRequest
  : Extract<ScimQuery, { type: Type }>
export type Query = ScimQuery | AdminRequest

/** Answers one kind of query. @throws Fault, ScimError */
export type Answering<Message> = (message: Message, reading: Reading) => Promise<Reply>

/** The longest that one read for a client may take. */
export const queryTimeLimitMs = 5_000
