import { bodyOf, operation } from '../operation.ts'
import { matchKey, presentObject, withMatches } from './object.ts'
import { objectChanges, objectFact } from './object-fact.ts'
import { writeObject } from './object-store.ts'
import { requireObject } from './require-object.ts'
import { takeNames } from './take-names.ts'

/**
 * Renames an object, gives it another code or other aliases. Its old name still means it, unless `aliases` says otherwise,
 * since an IdP goes on sending it. Users stay linked, and their links are brought up to date.
 */
export const changeObject = operation('changeObject', {
  needs(request, want, instanceId) {
    const { name, code, aliases } = bodyOf('changeObject', request)
    const objectId = request.parameters.objectId ?? ''
    const names = [...(name === undefined ? [] : [name]), ...(aliases ?? [])]
    want.namesBeside(instanceId, objectId, { names, code: code ?? null })
    want.linkedUsers(instanceId, objectId)
  },

  decide(request, view, { instanceId, entityId, actor, now }) {
    const before = requireObject(instanceId, entityId, view.book)
    const { name = before.name, code = before.code, ...given } = bodyOf('changeObject', request)
    const isRenamed = matchKey(name) !== matchKey(before.name)
    const aliases = given.aliases ?? (isRenamed ? [...before.aliases, before.name] : before.aliases)
    const after = withMatches({
      ...before,
      name,
      code,
      aliases: aliases.filter((alias) => matchKey(alias) !== matchKey(name)),
      version: before.version + 1,
      changedAt: now,
    })
    const answer = (object: typeof after) => presentObject(object, view.linkedUsers(entityId))
    if (objectChanges(before, after).length === 0) return { writes: [], facts: [], answer: answer(before) }
    const known = new Set(before.matchNames)
    const taken = takeNames(
      after,
      {
        names: [name, ...after.aliases].filter((each) => !known.has(matchKey(each))),
        code: code === before.code ? null : code,
      },
      view.book,
      now,
    )
    view.book.putObject(entityId, after)
    return {
      writes: [...taken, writeObject(before, after)],
      facts: [objectFact('ObjectChanged', { before, after }, actor)],
      answer: answer(after),
    }
  },
})
