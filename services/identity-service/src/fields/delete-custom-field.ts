import { instanceOf } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { operation } from '../commands/command.ts'
import { instanceSeen } from '../instances/instance-seen.ts'
import { fieldNamed, withCustomFields } from './custom-fields.ts'
import { mappedFieldsOf } from './present-field.ts'

/** Removes a custom field that no mapping row writes. */
export const deleteCustomField = operation('DeleteCustomField', {
  needs(message, want) {
    want.instance(instanceOf(message))
  },

  decide(message, view, ctx) {
    const instance = instanceSeen(message, view)
    const old = fieldNamed(message, instance)
    const row = mappedFieldsOf(view.mappingSet(instance._id))[old.name]
    if (row !== undefined) {
      throw new Fault('in-use', { thing: `Custom field ${old.name}`, users: `mapping row ${row}` })
    }
    const custom = (instance.customFields ?? []).filter(({ name }) => name !== old.name)
    return withCustomFields(instance, custom, { name: old.name, old, new: null }, {}, ctx)
  },
})
