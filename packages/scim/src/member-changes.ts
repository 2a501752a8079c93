import { ScimError } from './errors.ts'
import type { Filter } from './filter-parser.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import type { PatchOperation } from './patch.ts'
import { parsePath } from './path-parser.ts'
import { invalid } from './resource.ts'
import type { ResourceType } from './schema.ts'

export interface Member {
  readonly value: string
  readonly type?: 'User' | 'Group'
}

export interface MemberChanges {
  /** All members there are to be; null: those that there are, without `remove`, with `add`. */
  readonly replaceAll: readonly Member[] | null
  readonly add: readonly Member[]
  readonly remove: readonly string[]
  /** The operations on anything but members. */
  readonly rest: readonly PatchOperation[]
}

/**
 * Splits what a PATCH of a group does to its members from the rest, so that nobody need load them. `add` and `remove` never
 * share an id; adding one who is there and removing one who is not are no faults.
 * @throws ScimError value-invalid; path-invalid for a filter that chooses members by anything but `value eq`
 */
export function memberChanges(operations: readonly PatchOperation[], type: ResourceType): MemberChanges {
  let all: Map<string, Member> | null = null
  const add = new Map<string, Member>()
  const remove = new Set<string>()
  const rest: PatchOperation[] = []

  const put = (member: Member): void => {
    remove.delete(member.value)
    const target = all ?? add
    if (!target.has(member.value)) target.set(member.value, member)
  }
  const take = (id: string): void => {
    if (all !== null) all.delete(id)
    else {
      add.delete(id)
      remove.add(id)
    }
  }
  const restart = (members: readonly Member[]): void => {
    all = new Map(members.map((member) => [member.value, member]))
    add.clear()
    remove.clear()
  }

  for (const operation of operations) {
    const target = parsePath(operation.path, type)
    if (target.kind !== 'attribute' || target.path.schema !== null || target.path.attribute.name !== 'members') {
      rest.push(operation)
      continue
    }
    const { filter, path } = target
    const part = path.subAttribute?.name ?? 'value'
    if (filter !== null) {
      const chosen = chosenIds(filter, operation.path)
      // A member's id and type are for ever; its name is not the group's to say.
      if (path.subAttribute !== null) continue
      if (operation.op === 'remove' || operation.value === null) for (const id of chosen) take(id)
      else if (operation.op === 'add') for (const id of chosen) put({ value: id })
      else {
        for (const id of chosen) take(id)
        for (const member of membersIn(operation.value)) put(member)
      }
      continue
    }
    if (part !== 'value') continue
    const members = membersIn(operation.value)
    if (operation.op === 'remove' && operation.value !== undefined) for (const { value } of members) take(value)
    else if (operation.op === 'add') for (const member of members) put(member)
    else restart(members)
  }
  const replaced = all as Map<string, Member> | null
  return {
    replaceAll: replaced === null ? null : [...replaced.values()],
    add: [...add.values()],
    remove: [...remove],
    rest,
  }
}

/**
 * Takes the members out of a group as read by `readResource`: the group to be stored, and its members, each once. Null: none
 * were sent; an empty list: there are to be none.
 * @throws ScimError value-invalid
 */
export function takeMembers(group: JsonObject): { resource: JsonObject; members: readonly Member[] | null } {
  const { members, ...resource } = group
  if (members === undefined) return { resource, members: null }
  const byId = new Map(membersIn(members).map((member) => [member.value, member]))
  return { resource, members: [...byId.values()] }
}

function membersIn(value: JsonValue | undefined): Member[] {
  if (value === undefined || value === null) return []
  return (Array.isArray(value) ? value : [value]).map((item) => {
    const id = isJsonObject(item) ? item.value : item
    if (typeof id !== 'string' || id === '')
      throw invalid('members', item, 'an object with the id of a member as its value')
    const type = isJsonObject(item) ? item.type : undefined
    return type === 'User' || type === 'Group' ? { value: id, type } : { value: id }
  })
}

function chosenIds(filter: Filter, path: string): string[] {
  if (filter.kind === 'or') return filter.filters.flatMap((item) => chosenIds(item, path))
  if (filter.kind === 'compare' && filter.operator === 'eq' && filter.path.attribute.name === 'value') {
    return [String(filter.value)]
  }
  throw new ScimError('path-invalid', {
    path,
    position: 'members'.length + 1,
    why: 'members can only be chosen by value eq "<id>"',
  })
}
