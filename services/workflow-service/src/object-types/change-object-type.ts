import { update } from '@user-provisioning/mongo/write'
import { bodyOf, operation } from '../operation.ts'
import { objectTypes, presentObjectType } from './object-type.ts'
import { objectTypeFact } from './object-type-fact.ts'
import { requireDeclaredType } from './require-object-type.ts'

/** Changes how a declared type is called. */
export const changeObjectType = operation('changeObjectType', {
  needs: (_request, want, instanceId) => want.objectTypes(instanceId),

  decide(request, view, { instanceId, actor }) {
    const before = requireDeclaredType(request.parameters.objectType ?? '', view.objectTypes(instanceId), 'change')
    const { label } = bodyOf('changeObjectType', request)
    if (label === before.label) return { writes: [], facts: [], answer: presentObjectType(before) }
    const { _id, version } = before
    const after = { ...before, label, version: version + 1 }
    view.putObjectType(instanceId, before.name, after)
    return {
      writes: [update(objectTypes, instanceId, { _id, version }, { $set: { label, version: after.version } })],
      facts: [objectTypeFact(before, after, actor)],
      answer: presentObjectType(after),
    }
  },
})
