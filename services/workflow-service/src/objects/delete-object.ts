import { Fault } from '@user-provisioning/contracts/errors'
import { operation } from '../operation.ts'
import { typeName } from './object.ts'
import { objectFact } from './object-fact.ts'
import { writeObject } from './object-store.ts'
import { requireObject } from './require-object.ts'

/**
 * Deletes an object. One that users are linked to only with `unlink`: their links go, and the rules that made them look again.
 */
export const deleteObject = operation('deleteObject', {
  needs(request, want, instanceId) {
    const objectId = request.parameters.objectId ?? ''
    want.object(instanceId, objectId)
    want.linkedUsers(instanceId, objectId)
  },

  decide(request, view, { instanceId, entityId, actor }) {
    const before = requireObject(instanceId, entityId, view.book)
    const users = view.linkedUsers(entityId)
    if (users > 0 && request.query.unlink !== true) {
      const thing = `${typeName(before.type)} ${before.name}`
      throw new Fault('in-use', {
        thing: thing.charAt(0).toUpperCase() + thing.slice(1),
        users: users === 1 ? '1 user' : `${users} users`,
      })
    }
    view.book.putObject(entityId, undefined)
    return {
      writes: [writeObject(before, null)],
      facts: [objectFact('ObjectDeleted', { before, after: null }, actor)],
      answer: {},
    }
  },
})
