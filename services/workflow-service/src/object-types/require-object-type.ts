import { Fault } from '@user-provisioning/contracts/errors'
import { userGroup } from '../rules/workflow-rule.ts'
import { isStandard, type ObjectType } from './object-type.ts'

/**
 * Refuses a type of objects that the instance does not have. Groups are not kept here.
 * @param pointer of the member that names it
 * @throws Fault validation-failed
 */
export function requireObjectType(name: string, types: readonly ObjectType[], pointer: string): void {
  const allowed = types.map((type) => type.name).filter((type) => type !== userGroup)
  if (allowed.includes(name)) return
  const detail = `${name} is no type of objects here.`
  throw new Fault('validation-failed', { n: '1' }, { items: [{ pointer, code: 'not-allowed-value', detail, allowed }] })
}

/**
 * A type that the instance declares: the standard ones stay as they are.
 * @throws Fault not-found, state-conflict
 */
export function requireDeclaredType(name: string, types: readonly ObjectType[], verb: string): ObjectType {
  const type = types.find((each) => each.name === name)
  if (!type) throw new Fault('not-found', { type: 'object type' })
  if (isStandard(name)) throw new Fault('state-conflict', { thing: `Object type ${name}`, state: 'standard', verb })
  return type
}
