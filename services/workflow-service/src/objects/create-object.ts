import { requireObjectType } from '../object-types/require-object-type.ts'
import { bodyOf, operation } from '../operation.ts'
import { presentObject, withMatches } from './object.ts'
import { lookupsByName } from './object-book.ts'
import { writeObject } from './object-store.ts'
import { takeNames } from './take-names.ts'

/** Creates the object, unless its instance has one of this type and name already. Does not link anybody by itself. */
export const createObject = operation('createObject', {
  needs(request, want, instanceId) {
    const { type, name, code } = bodyOf('createObject', request)
    want.objectTypes(instanceId)
    for (const lookup of lookupsByName({ instanceId, type, names: [name], code })) want.lookup(lookup)
  },

  decide(request, view, { instanceId, entityId, actor, now }) {
    const { type, name, code } = bodyOf('createObject', request)
    requireObjectType(type, view.objectTypes(instanceId), '/type')
    const object = withMatches({
      _id: entityId,
      instanceId,
      type,
      name,
      code,
      aliases: [],
      version: 1,
      createdAt: now,
      changedAt: now,
    })
    const taken = takeNames(object, { names: [name], code }, view.book, now)
    view.book.putObject(entityId, object)
    return {
      writes: [...taken, writeObject(null, object)],
      facts: [{ type: 'ObjectCreated', entityId, objectType: type, name, actor }],
      answer: presentObject(object, 0),
    }
  },
})
