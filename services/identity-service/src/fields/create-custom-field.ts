import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { instanceOf } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { standardFields } from '@user-provisioning/contracts/fields'
import { operation } from '../commands/command.ts'
import { instanceSeen } from '../instances/instance-seen.ts'
import { withCustomFields } from './custom-fields.ts'
import { mappedFieldsOf, presentField } from './present-field.ts'

const readBody = adminRoutes.createCustomField.body
const mostCustomFields = 200

/** Declares a custom field; names are told apart whatever their case. */
export const createCustomField = operation('CreateCustomField', {
  needs(message, want) {
    want.instance(instanceOf(message))
  },

  decide(message, view, ctx) {
    const instance = instanceSeen(message, view)
    const field = readBody.parse(message.body)
    const custom = instance.customFields ?? []
    const lower = field.name.toLowerCase()
    if ([...standardFields, ...custom].some(({ name }) => name.toLowerCase() === lower)) {
      throw new Fault('name-taken', { type: 'Field', name: field.name })
    }
    if (custom.length >= mostCustomFields)
      throw new Fault('state-conflict', {
        thing: 'The list of custom fields',
        state: `full with ${mostCustomFields}`,
        verb: 'another one',
      })
    const answer = presentField(field, 'custom', mappedFieldsOf(view.mappingSet(instance._id)))
    return withCustomFields(instance, [...custom, field], { name: field.name, old: null, new: field }, answer, ctx)
  },
})
