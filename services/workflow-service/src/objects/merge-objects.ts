import { Fault } from '@user-provisioning/contracts/errors'
import { bodyOf, operation } from '../operation.ts'
import { presentObject, withMatches } from './object.ts'
import { objectChanges, objectFact } from './object-fact.ts'
import { writeObject } from './object-store.ts'
import { requireObject } from './require-object.ts'

/** Merges objects into one of their type: links move to it, and the names of the others mean it from now on. */
export const mergeObjects = operation('mergeObjects', {
  needs(request, want, instanceId) {
    for (const id of [request.parameters.objectId ?? '', ...bodyOf('mergeObjects', request).from]) {
      want.object(instanceId, id)
      want.linkedUsers(instanceId, id)
    }
  },

  decide(request, view, { instanceId, entityId, actor, now }) {
    const before = requireObject(instanceId, entityId, view.book)
    const merged = [...new Set(bodyOf('mergeObjects', request).from)].map((id, n) => {
      const object = view.book.object(id)
      const isAlike = object?.instanceId === instanceId && object.type === before.type && id !== entityId
      if (object && isAlike) return object
      const detail = `It is not another object of type ${before.type}.`
      const item = { pointer: `/from/${n}`, code: 'not-allowed-value', detail }
      throw new Fault('validation-failed', { n: '1' }, { items: [item] })
    })
    const after = withMatches({
      ...before,
      code: before.code ?? merged.find(({ code }) => code !== null)?.code ?? null,
      aliases: [...new Set([...before.aliases, ...merged.flatMap(({ name, aliases }) => [name, ...aliases])])],
      version: before.version + 1,
      changedAt: now,
    })
    for (const { _id } of merged) view.book.putObject(_id, undefined)
    view.book.putObject(entityId, after)
    const users = [before, ...merged].reduce((sum, { _id }) => sum + view.linkedUsers(_id), 0)
    return {
      // What goes gives its names free for what stays.
      writes: [...merged.map((object) => writeObject(object, null)), writeObject(before, after)],
      facts: [
        objectFact('ObjectChanged', { before, after }, actor),
        ...merged.map((object) => objectFact('ObjectMerged', { before: object, after }, actor)),
      ],
      answer: presentObject(after, users),
      diff: objectChanges(before, after),
    }
  },
})
