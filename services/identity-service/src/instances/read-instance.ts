import { adminReply } from '@user-provisioning/contracts/reply'
import { instanceOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { presentInstance } from './instance-document.ts'

/** One instance; the ingress adds its Tenant URL. */
export const readInstance: Answering<QueryOf<'ReadInstance'>> = async (message, { mongo }) =>
  adminReply(presentInstance(await instanceOf(message, mongo)))
