import { Fault } from '@user-provisioning/contracts/errors'
import type { StoredObject } from './object.ts'
import type { ObjectBook } from './object-book.ts'

/** @throws Fault not-found */
export function requireObject(instanceId: string, objectId: string, book: ObjectBook): StoredObject {
  const object = book.object(objectId)
  if (object === undefined || object.instanceId !== instanceId) throw new Fault('not-found', { type: 'object' })
  return object
}
