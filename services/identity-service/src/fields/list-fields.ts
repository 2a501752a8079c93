import { adminReply } from '@user-provisioning/contracts/reply'
import { instanceOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { mappedFieldsOf, presentFields } from './present-field.ts'

/** The fields of an instance's users (4.2): which a mapping may write, and which row does. */
export const listFields: Answering<QueryOf<'ListFields'>> = async (message, { mongo, mappingSets }) => {
  const instance = await instanceOf(message, mongo)
  const items = presentFields(instance.customFields ?? [], mappedFieldsOf(mappingSets.get(instance._id)))
  return adminReply({ items, next: null, asOf: new Date().toISOString() })
}
