import { Fault } from '@user-provisioning/contracts/errors'
import { insert } from '@user-provisioning/mongo/write'
import { bodyOf, operation } from '../operation.ts'
import { type ObjectType, objectTypeId, objectTypes, presentObjectType } from './object-type.ts'
import { objectTypeFact } from './object-type-fact.ts'

const mostTypes = 100

/** Declares a type of objects (PRODUCT.md 5.2). */
export const createObjectType = operation('createObjectType', {
  needs: (_request, want, instanceId) => want.objectTypes(instanceId),

  decide(request, view, { instanceId, actor }) {
    const { name, label } = bodyOf('createObjectType', request)
    const types = view.objectTypes(instanceId)
    if (types.some((type) => type.name === name)) throw new Fault('name-taken', { type: 'Object type', name })
    if (types.length >= mostTypes) {
      const items = [{ code: 'out-of-range', detail: `An instance has ${mostTypes} types at most.`, pointer: '' }]
      throw new Fault('validation-failed', { n: '1' }, { items })
    }
    const type: ObjectType = { _id: objectTypeId(instanceId, name), instanceId, name, label, version: 1 }
    view.putObjectType(instanceId, name, type)
    return {
      writes: [insert(objectTypes, instanceId, type)],
      facts: [objectTypeFact(null, type, actor)],
      answer: presentObjectType(type),
    }
  },
})
