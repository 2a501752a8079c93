import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { instanceOf } from '@user-provisioning/contracts/admin-requests'
import { operation } from '../commands/command.ts'
import { instanceSeen } from '../instances/instance-seen.ts'
import { fieldNamed, withCustomFields } from './custom-fields.ts'
import { mappedFieldsOf, presentField } from './present-field.ts'

const readBody = adminRoutes.changeCustomField.body

/** Labels a custom field anew; mappings and values go by its name, which stays. */
export const changeCustomField = operation('ChangeCustomField', {
  needs(message, want) {
    want.instance(instanceOf(message))
  },

  decide(message, view, ctx) {
    const instance = instanceSeen(message, view)
    const old = fieldNamed(message, instance)
    const field = { ...old, ...readBody.parse(message.body) }
    const custom = (instance.customFields ?? []).map((each) => (each.name === old.name ? field : each))
    const answer = presentField(field, 'custom', mappedFieldsOf(view.mappingSet(instance._id)))
    return withCustomFields(instance, custom, { name: old.name, old, new: field }, answer, ctx)
  },
})
