import type { Person, Team } from './directory.ts'
import { coreGroup, coreUser, enterpriseUser, equals, IdentityProvider, percentEncoded } from './identity-provider.ts'
import type { JsonObject, ResourceKind } from './scim-client.ts'
import { commonUser } from './user-template.ts'

const pageSize = 100

/**
 * Okta with an app of the App Integration Wizard: every change is a PUT of the whole object that was just read, read-only
 * members included; users are deactivated and never deleted; imports page through everything.
 */
export class Okta extends IdentityProvider {
  static readonly transport = {
    headers: {
      'user-agent': 'Okta SCIM Client 1.0.0',
      accept: 'application/scim+json',
      'accept-charset': 'utf-8',
    },
    contentType: 'application/scim+json; charset=utf-8',
  }

  async testConnection(): Promise<void> {
    await this.request('test connection', 'GET', '/Users?startIndex=1&count=2', [200])
    await this.request('test connection', 'GET', `/Groups?startIndex=1&count=${pageSize}`, [200])
  }

  protected lookupPath(kind: ResourceKind, attribute: string, value: string): string {
    return `/${kind}?${percentEncoded({ filter: equals(attribute, value), startIndex: '1', count: String(pageSize) })}`
  }

  protected async provisionUser(person: Person): Promise<void> {
    const profile = this.#profile(person)
    await this.pushUser(person, profile, {
      creation: () => ({
        schemas: [coreUser],
        ...this.wire(person),
        groups: [],
        password: `Tide-Table-${person.badge}!`,
      }),
      update: async (id, isLinkedNow) => {
        if (isLinkedNow) this.sent.adopt('Users', id, profile)
        await this.pushProfile(id, person, profile)
      },
    })
  }

  /** The whole object that was read, with Okta's profile over it. */
  protected async pushProfile(id: string, person: Person, profile: JsonObject): Promise<void> {
    this.sent.put('Users', id, profile)
    await this.putOver(id, person.enabled ? 'replace user' : 'disable user', this.wire(person))
  }

  protected async putOver(id: string, operation: string, attributes: JsonObject): Promise<void> {
    const { body, status } = await this.request('read user', 'GET', `/Users/${id}`, [200])
    if (status !== 200 || body === undefined) return
    await this.replace(operation, `/Users/${id}`, id, { ...body, ...attributes })
  }

  /** What is meant: a manager is known by Okta's own id, which no SCIM user has. */
  #profile(person: Person): JsonObject {
    const { employeeId, costCenter, department, managerId } = person
    return {
      ...commonUser(person),
      ...(person.nickName === undefined ? {} : { nickName: person.nickName }),
      locale: person.language.replace('-', '_'),
      timezone: person.timeZone,
      userType: 'Employee',
      [enterpriseUser]: {
        employeeNumber: employeeId,
        costCenter,
        department,
        ...(managerId === undefined ? {} : { manager: { value: `00u${managerId}` } }),
      },
    }
  }

  /** What goes over the wire: the manager's name too, which is not the client's to set, and null for what is empty. */
  protected wire(person: Person): JsonObject {
    const profile = this.#profile(person)
    const enterprise = profile[enterpriseUser] as JsonObject
    const manager = enterprise.manager as JsonObject | undefined
    return {
      ...profile,
      nickName: person.nickName ?? null,
      [enterpriseUser]: { ...enterprise, manager: manager ? { ...manager, displayName: 'Their Boss' } : null },
    }
  }

  protected async removeUser(id: string): Promise<void> {
    this.sent.change(id, (meant) => {
      meant.active = false
    })
    await this.deactivate(id)
  }

  protected deactivate(id: string): Promise<void> {
    return this.putOver(id, 'disable user', { active: false })
  }

  protected async provisionGroup(team: Team): Promise<void> {
    const known = this.groups.get(team.objectId)
    const id = known ?? (await this.#linkGroup(team))
    if (id === undefined) return
    const members = this.memberIds(team, (person) => person.enabled)
    const content = { displayName: team.displayName, members: [...members] }
    if (!this.isNews(team.objectId, content)) return
    await this.pushGroup(id, team, members, known === undefined)
    this.pushed.set(team.objectId, content)
  }

  async #linkGroup(team: Team): Promise<string | undefined> {
    const { displayName } = team
    const found = await this.lookUp('Groups', 'displayName', displayName)
    const body = { schemas: [coreGroup], displayName, members: [] }
    const id = found ?? (await this.create('Groups', 'displayName', body, { displayName }))
    if (id === undefined) return undefined
    this.groups.set(team.objectId, id)
    if (found !== undefined) {
      this.sent.adopt('Groups', id, { displayName })
    }
    return id
  }

  /** Group push: the whole group. */
  protected async pushGroup(id: string, team: Team, members: Set<string>, _isFirst: boolean): Promise<void> {
    const { displayName } = team
    this.noteGroup(id, displayName, members)
    const body = { schemas: [coreGroup], id, displayName, members: [...members].map(asMember) }
    await this.replace('replace group', `/Groups/${id}`, id, body)
  }

  protected async removeGroup(id: string): Promise<void> {
    await this.request('delete group', 'DELETE', `/Groups/${id}`, [204])
    this.sent.delete(id)
  }

  /** The scheduled import: every page, in one stable order, each resource once. */
  protected override async afterGroups(): Promise<void> {
    for (const [kind, links] of [
      ['Users', this.users],
      ['Groups', this.groups],
    ] as const) {
      const seen = new Map<string, JsonObject>()
      for (let startIndex = 1, total = 1; startIndex <= total; startIndex += pageSize) {
        const path = `/${kind}?startIndex=${startIndex}&count=${pageSize}`
        const { body } = await this.request('import page', 'GET', path, [200])
        const resources = (body?.Resources ?? []) as JsonObject[]
        total = typeof body?.totalResults === 'number' ? body.totalResults : 0
        for (const resource of resources) {
          const id = String(resource.id)
          if (seen.has(id)) this.differences.push({ id, attribute: 'import', sent: 'once', read: 'twice' })
          seen.set(id, resource)
          if (this.sent.has(id)) this.compare(id, resource)
        }
      }
      for (const id of links.values()) {
        if (!seen.has(id)) this.differences.push({ id, attribute: 'import', sent: 'once', read: 'never' })
      }
    }
  }
}

function asMember(id: string): JsonObject {
  return { value: id, display: `member ${id.slice(-4)}` }
}

/**
 * Okta with an app of its Integration Network: PATCH to activate, deactivate and set a password, PUT for the rest of a user;
 * groups are pushed by PATCH, with the group's id inside the value of each rename.
 */
export class OktaNetworkApp extends Okta {
  protected override async pushProfile(id: string, person: Person, profile: JsonObject): Promise<void> {
    const { objectId, enabled } = person
    const before = this.pushed.get(objectId)
    const asBefore = { ...profile, active: before?.active ?? null }
    if (this.isNews(objectId, asBefore)) {
      const { body, status } = await this.request('read user', 'GET', `/Users/${id}`, [200])
      if (status !== 200 || body === undefined) return
      const { active = null } = body
      this.sent.put('Users', id, { ...profile, active })
      await this.replace('replace user', `/Users/${id}`, id, { ...body, ...this.wire(person), active })
      await this.patch('set password', `/Users/${id}`, [{ op: 'replace', value: { password: 'Tide-Table-2!' } }])
    }
    this.sent.put('Users', id, profile)
    if (before?.active !== enabled) await this.#setActive(id, enabled)
  }

  async #setActive(id: string, active: boolean): Promise<void> {
    const operation = active ? 'enable user' : 'disable user'
    const answer = await this.patch(operation, `/Users/${id}`, [{ op: 'replace', value: { active } }])
    if (answer?.status === 200) this.compare(id, answer.body)
  }

  protected override deactivate(id: string): Promise<void> {
    return this.#setActive(id, false)
  }

  protected override async pushGroup(id: string, team: Team, members: Set<string>, isFirst: boolean): Promise<void> {
    const before = new Set(this.sent.members(id))
    const { displayName } = team
    const path = `/Groups/${id}`
    this.noteGroup(id, displayName, members)
    await this.patch('patch group', path, [{ op: 'replace', value: { id, displayName } }])
    const added = [...members.difference(before)].map(asMember)
    const operations = isFirst
      ? [{ op: 'replace', path: 'members', value: [...members].map(asMember) }]
      : [
          ...[...before.difference(members)].map((gone) => ({ op: 'remove', path: `members[value eq "${gone}"]` })),
          ...(added.length > 0 ? [{ op: 'add', path: 'members', value: added }] : []),
        ]
    if (operations.length > 0) await this.patch('change members', path, operations)
  }
}
