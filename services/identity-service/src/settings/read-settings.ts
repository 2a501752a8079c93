import { adminReply } from '@user-provisioning/contracts/reply'
import { instanceOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { presentSettings } from './settings.ts'

/** The settings of an instance. */
export const readSettings: Answering<QueryOf<'ReadSettings'>> = async (message, { mongo }) =>
  adminReply(presentSettings(await instanceOf(message, mongo)))
