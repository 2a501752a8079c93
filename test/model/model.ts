import { deepStrictEqual } from 'node:assert'
import type { Body, TestInstance } from '../harness/instance.ts'

/** The attributes that the IdP of the model sends, by their paths. */
export const attributes = ['title', 'displayName', 'nickName', 'department'] as const
export type Attribute = (typeof attributes)[number]

export interface ModelUser {
  readonly id: string
  readonly userName: string
  /** By the IdP; else it is a native. */
  managed: boolean
  /** The IdP has written it since: until then its fields are the native ones. */
  written: boolean
  suspended: boolean
  sent: Partial<Record<Attribute, string>>
  fields: Record<string, string | null>
  manager: string | null
}

export interface ModelRow {
  readonly target: string
  readonly from: Attribute
  readonly upper?: boolean
}

export interface ModelRule {
  readonly id: string
  readonly field: string
  readonly objectType: string
  /** Whether an object that is missing is made. */
  readonly creates: boolean
}

/** What should be true after the actions so far: as simple as it can be said. */
export class Model {
  readonly users = new Map<string, ModelUser>()
  readonly groups = new Map<string, Set<string>>()
  /** By object type. */
  readonly objects = new Map<string, Set<string>>()
  rows: ModelRow[] = [
    { target: 'displayName', from: 'displayName' },
    { target: 'scimSyncJobTitle', from: 'title' },
  ]
  mappingVersion = 1
  rules: ModelRule[] = [{ id: 'job-title', field: 'scimSyncJobTitle', objectType: 'job-title', creates: false }]
  steps = 0

  /** The IdP has said what a user is, or the mapping has changed: absent clears, as what is there is the whole user. */
  map(user: ModelUser): void {
    if (!user.managed || !user.written) return
    for (const { target, from, upper } of this.rows) {
      const value = user.sent[from] ?? null
      user.fields[target] = upper ? (value?.toUpperCase() ?? null) : value
    }
  }

  delete(userId: string): void {
    this.users.delete(userId)
    for (const members of this.groups.values()) members.delete(userId)
    for (const user of this.users.values()) if (user.manager === userId) user.manager = null
  }

  directManagerOf({ manager }: ModelUser): string | null {
    return manager !== null && this.users.get(manager)?.managed ? manager : null
  }

  linksOf({ fields }: ModelUser): string[] {
    return this.rules.flatMap(({ id, field, objectType, creates }) => {
      const name = fields[field]
      if (!name) return []
      const objects = this.objects.get(objectType) ?? new Set()
      const found = [...objects].find((each) => each.toLowerCase() === name.toLowerCase())
      const linked = found ?? (creates ? name : undefined)
      return linked === undefined ? [] : [`${id}: ${objectType} ${linked.toLowerCase()}`]
    })
  }
}

/** Compares everything that the model knows with what the admin API and SCIM say. */
export async function expectEqual(model: Model, instance: TestInstance): Promise<void> {
  const listed: Body[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page: Body = (await instance.admin('GET', `/users?limit=200${after === '' ? '' : `&after=${after}`}`)).body
    listed.push(...page.items)
    after = page.next
  }
  const ids = listed.map(({ id }) => id).filter((id) => id !== instance.integrationUserId)
  deepStrictEqual(ids.toSorted(), [...model.users.keys()].toSorted())

  for (const user of model.users.values()) {
    const found = (await instance.admin('GET', `/users/${user.id}`)).body
    const targets = Object.keys(user.fields)
    const is = {
      id: found.id,
      userName: found.userName,
      managed: found.managed,
      state: found.state,
      fields: Object.fromEntries(targets.map((target) => [target, found.fields[target] ?? null])),
      directManager: found.directManager.userId,
      links: found.links
        .map((link: Body) => `${link.ruleId}: ${link.objectType} ${link.objectName.toLowerCase()}`)
        .toSorted(),
    }
    const shouldBe = {
      id: user.id,
      userName: user.userName,
      managed: user.managed,
      state: user.suspended ? 'suspended' : 'active',
      fields: user.fields,
      directManager: model.directManagerOf(user),
      links: model.linksOf(user).toSorted(),
    }
    deepStrictEqual(is, shouldBe)
  }

  for (const [id, members] of model.groups) {
    const group = await instance.scim('GET', `/Groups/${id}`)
    const found = (group.body.members ?? []).map(({ value }: Body) => value)
    deepStrictEqual([id, found.toSorted()], [id, [...members].toSorted()])
  }
}
