import { Fault } from '@user-provisioning/contracts/errors'
import { remove } from '@user-provisioning/mongo/write'
import { operation } from '../operation.ts'
import { listenedType } from '../rules/workflow-rule.ts'
import { objectTypes } from './object-type.ts'
import { objectTypeFact } from './object-type-fact.ts'
import { requireDeclaredType } from './require-object-type.ts'

/** Removes a declared type that has no objects and that no rule names. */
export const deleteObjectType = operation('deleteObjectType', {
  needs(request, want, instanceId) {
    want.objectTypes(instanceId)
    want.ruleSet(instanceId)
    want.objectsOfType(instanceId, request.parameters.objectType ?? '')
  },

  decide(request, view, { instanceId, actor }) {
    const before = requireDeclaredType(request.parameters.objectType ?? '', view.objectTypes(instanceId), 'delete')
    const { _id, name, version } = before
    const thing = `Object type ${name}`
    const { rules } = view.ruleSet(instanceId)
    const rule = rules.find((each) => each.objectType === name || listenedType(each) === name)
    if (rule) throw new Fault('in-use', { thing, users: `workflow rule ${rule.id}` })
    if (view.hasObjects(instanceId, name)) throw new Fault('in-use', { thing, users: 'objects of this type' })
    view.putObjectType(instanceId, name, undefined)
    return {
      writes: [remove(objectTypes, instanceId, { _id, version })],
      facts: [objectTypeFact(before, null, actor)],
      answer: {},
    }
  },
})
