import { randomUUID } from 'node:crypto'
import type { Person, Team } from './directory.ts'
import { coreGroup, coreUser, enterpriseUser, equals, formEncoded, IdentityProvider } from './identity-provider.ts'
import { placeAt, valueAt } from './mapped-attribute.ts'
import type { Json, JsonObject, ResourceKind } from './scim-client.ts'

/** Entra puts this second schema on every group; a server has to bear with it. */
const entraGroup = 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'
/** An administrator's own extension; Entra does not list it in `schemas`. */
const harbour = 'urn:ietf:params:scim:schemas:extension:Harbour:2.0:User'

/** The attribute mappings of the application, target on the left. What has no value in the directory is not sent. */
const userMappings: readonly (readonly [string, (person: Person) => Json | undefined])[] = [
  ['externalId', (person) => person.objectId],
  ['userName', (person) => person.userName],
  ['active', (person) => person.enabled],
  ['displayName', (person) => `${person.givenName} ${person.surname}`],
  ['nickName', (person) => person.nickName],
  ['title', (person) => person.jobTitle],
  ['preferredLanguage', (person) => person.language],
  ['timezone', (person) => person.timeZone],
  ['name.givenName', (person) => person.givenName],
  ['name.familyName', (person) => person.surname],
  ['name.formatted', (person) => `${person.givenName} ${person.surname}`],
  ['emails[type eq "work"].value', (person) => person.workMail],
  ['emails[type eq "other"].value', (person) => person.otherMail],
  ['phoneNumbers[type eq "work"].value', (person) => person.telephone],
  ['phoneNumbers[type eq "mobile"].value', (person) => person.mobile],
  ['addresses[type eq "work"].streetAddress', (person) => person.office.street],
  ['addresses[type eq "work"].locality', (person) => person.office.city],
  ['addresses[type eq "work"].region', (person) => person.office.region || undefined],
  ['addresses[type eq "work"].postalCode', (person) => person.office.postalCode],
  ['addresses[type eq "work"].country', (person) => person.office.country],
  [`${enterpriseUser}:employeeNumber`, (person) => person.employeeId],
  [`${enterpriseUser}:department`, (person) => person.department],
  [`${enterpriseUser}:costCenter`, (person) => person.costCenter],
  [`${harbour}:badge`, (person) => person.badge],
]
const groupMappings: readonly (readonly [string, (team: Team) => Json])[] = [
  ['externalId', (team) => team.objectId],
  ['displayName', (team) => team.displayName],
]
const managerPath = `${enterpriseUser}:manager`

interface Setting {
  readonly path: string
  readonly value: Json
  /** The target has no value yet. */
  readonly isNew: boolean
}

/**
 * Entra ID with its default PATCH dialect: one capitalised operation an attribute, booleans as text, members removed by a
 * value array, managers as plain ids. A cycle reads each user and group that it knows, compares attribute by attribute with
 * what it would send, and PATCHes what differs; references (manager, members) come in a second pass.
 */
export class Entra extends IdentityProvider {
  static readonly transport = {
    headers: { accept: 'application/scim+json', adscimversion: '6.0' },
    contentType: 'application/scim+json; charset=utf-8',
  }

  async testConnection(): Promise<void> {
    await this.request('test connection', 'GET', this.lookupPath('Users', 'userName', randomUUID()), [200])
    await this.request('test connection', 'GET', this.lookupPath('Groups', 'displayName', randomUUID()), [200])
    await this.request('read schemas', 'GET', '/Schemas', [200])
  }

  override async cycle(): Promise<void> {
    // Every activity begins with a lookup of nobody.
    await this.request('test connection', 'GET', this.lookupPath('Users', 'userName', randomUUID()), [200])
    await super.cycle()
  }

  protected lookupPath(kind: ResourceKind, attribute: string, value: string): string {
    const excluded: Record<string, string> = kind === 'Groups' ? { excludedAttributes: 'members' } : {}
    return `/${kind}?${formEncoded({ ...excluded, filter: equals(attribute, value) })}`
  }

  protected async provisionUser(person: Person): Promise<void> {
    const known = this.users.get(person.objectId)
    const id = known ?? (await this.lookUp('Users', 'userName', person.userName))
    if (id !== undefined) {
      this.users.set(person.objectId, id)
      return this.#update(id, person, known === undefined)
    }
    // Who is disabled at first sight is not created.
    if (!person.enabled) return
    const meant = this.#meant(person)
    const made = await this.create('Users', 'userName', this.#creation(person, meant), meant)
    if (made !== undefined) this.users.set(person.objectId, made)
  }

  #meant(person: Person): JsonObject {
    const meant: JsonObject = {}
    for (const [path, value] of userMappings) {
      const mapped = value(person)
      if (mapped !== undefined) placeAt(meant, path, mapped)
    }
    placeAt(meant, 'emails[type eq "work"].primary', true)
    const roles = this.rolesCreated(person)
    if (roles.length > 0) meant.roles = roles
    return meant
  }

  /** The body: what is meant, and what Entra adds to it. The extension of the administrator's own is not in `schemas`. */
  #creation(person: Person, meant: JsonObject): JsonObject {
    const roles = ((meant.roles ?? []) as JsonObject[]).map((role) => ({
      ...role,
      primary: role.primary === true ? 'True' : 'False',
    }))
    const unmapped = { profileUrl: null, userType: null, ims: null, entitlements: [], photos: [] }
    const nickName = person.nickName ?? null
    return {
      schemas: [coreUser, enterpriseUser],
      ...meant,
      ...unmapped,
      nickName,
      roles,
      meta: { resourceType: 'User' },
    }
  }

  /** Role assignments as a creation carries them (AppRoleAssignmentsComplex). */
  protected rolesCreated(person: Person): JsonObject[] {
    return person.roles.map(({ value, displayName }) => ({ primary: false, type: 'App', display: displayName, value }))
  }

  /** What a PATCH does about roles: it adds what is missing, as JSON in a text, and never removes. */
  protected roleOperations(id: string, read: JsonObject, person: Person): Json[] {
    const present = new Set(((read.roles ?? []) as JsonObject[]).map((role) => role.value))
    const missing = person.roles.filter((role) => !present.has(role.value) && !present.has(JSON.stringify(role)))
    if (missing.length === 0) return []
    const added = missing.map((role) => ({ value: JSON.stringify(role) }))
    this.sent.change(id, (meant) => {
      meant.roles = [...((meant.roles ?? []) as Json[]), ...added]
    })
    return [{ op: 'Add', path: 'roles', value: added }]
  }

  async #update(id: string, person: Person, isAdopted: boolean): Promise<void> {
    const { body: read, status } = await this.request('read user', 'GET', `/Users/${id}`, [200])
    if (status !== 200 || read === undefined) return
    if (isAdopted) this.sent.adopt('Users', id, read)
    const settings = userMappings.flatMap(([path, value]): Setting[] => {
      const mapped = value(person)
      const present = valueAt(read, path)
      return mapped === undefined || mapped === present
        ? []
        : [{ path, value: mapped, isNew: present === undefined || present === null }]
    })
    this.sent.change(id, (meant) => {
      for (const { path, value } of settings) placeAt(meant, path, value)
    })
    const operations = [...this.settingOperations(settings), ...this.roleOperations(id, read, person)]
    if (operations.length === 0) return
    const onlyActive =
      settings.length === operations.length && settings[0]?.path === 'active' && operations.length === 1
    const operation = onlyActive ? (person.enabled ? 'enable user' : 'disable user') : 'patch user'
    const answer = await this.patch(operation, `/Users/${id}`, operations)
    if (answer?.status === 200) this.compare(id, answer.body)
  }

  protected settingOperations(settings: readonly Setting[]): Json[] {
    return settings.map(({ path, value, isNew }) => ({
      op: isNew ? 'Add' : 'Replace',
      path,
      value: typeof value === 'boolean' ? (value ? 'True' : 'False') : value,
    }))
  }

  /** References to people that are not provisioned are not sent. */
  protected override async afterUsers(): Promise<void> {
    const pairs = this.directory.people.flatMap(({ objectId, managerId }) => {
      const id = this.users.get(objectId)
      const manager = this.users.get(managerId ?? '')
      return id !== undefined && manager !== undefined ? [{ id, manager }] : []
    })
    await this.each('Managers', pairs, async ({ id, manager }) => {
      if (await this.#refers('Users', id, 'manager', manager)) return
      this.sent.change(id, (meant) => placeAt(meant, managerPath, { value: manager }))
      const operation = { op: this.operation('Add'), path: managerPath, value: this.managerValue(manager) }
      const answer = await this.patch('set manager', `/Users/${id}`, [operation])
      if (answer?.status === 200) this.compare(id, answer.body)
    })
  }

  protected managerValue(id: string): Json {
    return id
  }

  protected operation(name: 'Add' | 'Replace' | 'Remove'): string {
    return name
  }

  /** The probe before a reference is set: does it hold already? */
  async #refers(kind: ResourceKind, id: string, attribute: 'manager' | 'members', value: string): Promise<boolean> {
    const filter = `${equals('id', id)} and ${equals(attribute, value)}`
    const path = `/${kind}?${formEncoded({ filter, attributes: 'id' })}`
    const { body } = await this.request(`probe ${attribute}`, 'GET', path, [200])
    return ((body?.Resources ?? []) as Json[]).length > 0
  }

  protected async removeUser(id: string): Promise<void> {
    const active = { path: 'active', value: false, isNew: false }
    await this.patch('disable user', `/Users/${id}`, this.settingOperations([active]))
    await this.request('delete user', 'DELETE', `/Users/${id}`, [204])
    await this.request('read deleted user', 'GET', `/Users/${id}`, [404])
    this.sent.delete(id)
  }

  protected async provisionGroup(team: Team): Promise<void> {
    const known = this.groups.get(team.objectId)
    const id = known ?? (await this.lookUp('Groups', 'displayName', team.displayName))
    if (id === undefined) {
      const meant: JsonObject = {}
      for (const [path, value] of groupMappings) placeAt(meant, path, value(team))
      const body = { schemas: [coreGroup, entraGroup], ...meant, meta: { resourceType: 'Group' } }
      const made = await this.create('Groups', 'displayName', body, meant)
      if (made !== undefined) this.groups.set(team.objectId, made)
      return
    }
    if (known === undefined) {
      this.groups.set(team.objectId, id)
      this.sent.adopt('Groups', id, {})
    }
    const path = `/Groups/${id}?excludedAttributes=members`
    const { body: read, status } = await this.request('read group', 'GET', path, [200])
    if (status !== 200 || read === undefined) return
    if (read.members !== undefined) {
      this.differences.push({ id, attribute: 'members', sent: 'excluded', read: read.members })
    }
    const settings = groupMappings.flatMap(([path, value]): Setting[] =>
      valueAt(read, path) === value(team)
        ? []
        : [{ path, value: value(team), isNew: valueAt(read, path) === undefined }],
    )
    if (settings.length === 0) return
    this.sent.change(id, (meant) => {
      for (const { path, value } of settings) placeAt(meant, path, value)
    })
    await this.patch('patch group', `/Groups/${id}`, this.settingOperations(settings))
  }

  protected async removeGroup(id: string): Promise<void> {
    await this.request('delete group', 'DELETE', `/Groups/${id}`, [204])
    this.sent.delete(id)
  }

  protected override async afterGroups(): Promise<void> {
    const references = this.directory.teams.flatMap((team) => {
      const groupId = this.groups.get(team.objectId)
      return groupId === undefined ? [] : [...this.memberIds(team)].map((userId) => ({ groupId, userId }))
    })
    const missing: typeof references = []
    await this.each('Members probed', references, async (reference) => {
      const { groupId, userId } = reference
      if (await this.#refers('Groups', groupId, 'members', userId)) this.sent.members(groupId).add(userId)
      else missing.push(reference)
    })
    await this.each('Members added', this.packed(missing), async ([groupId, userIds]) => {
      const path = `/Groups/${groupId}`
      const value = userIds.map((userId) => ({ $ref: null, value: userId }))
      if (await this.patch('add member', path, [{ op: this.operation('Add'), path: 'members', value }]))
        for (const userId of userIds) this.sent.members(groupId).add(userId)
    })
    const surplus = this.directory.teams.flatMap((team) => {
      const groupId = this.groups.get(team.objectId)
      if (groupId === undefined) return []
      return [...this.sent.members(groupId).difference(this.memberIds(team))].map((userId) => ({ groupId, userId }))
    })
    await this.each('Members removed', surplus, async ({ groupId, userId }) => {
      if (!(await this.#refers('Groups', groupId, 'members', userId))) return
      if (await this.patch('remove member', `/Groups/${groupId}`, [this.memberRemoval(userId)])) {
        this.sent.members(groupId).delete(userId)
      }
    })
  }

  /** How many members go into one PATCH; Microsoft does not say. */
  protected packed(references: readonly { groupId: string; userId: string }[]): (readonly [string, string[]])[] {
    return references.map(({ groupId, userId }) => [groupId, [userId]] as const)
  }

  /** Not what RFC 7644 means by a value, and what Entra sends: it removes these members only. */
  protected memberRemoval(userId: string): JsonObject {
    return { op: 'Remove', path: 'members', value: [{ $ref: null, value: userId }] }
  }
}

/**
 * Entra ID with `aadOptscim062020` behind its Tenant URL: lower-case operations, simple attributes folded into one operation
 * without a path whose keys are dotted names and URNs, members removed by a filter, one primary role.
 */
export class EntraOptScim extends Entra {
  static override readonly transport = { ...Entra.transport, query: 'aadOptscim062020' }

  protected override settingOperations(settings: readonly Setting[]): Json[] {
    const filtered = settings.filter(({ path }) => path.includes('['))
    const simple = settings.filter(({ path }) => !path.includes('['))
    const folded = Object.fromEntries(simple.map(({ path, value }) => [path, value]))
    return [
      ...filtered.map(({ path, value, isNew }) => ({ op: isNew ? 'add' : 'replace', path, value })),
      ...(simple.length > 0 ? [{ op: 'replace', value: folded }] : []),
    ]
  }

  /** SingleAppRoleAssignment. */
  protected override rolesCreated(person: Person): JsonObject[] {
    const role = person.roles.at(-1)
    return role ? [{ primary: true, value: role.value }] : []
  }

  protected override roleOperations(id: string, read: JsonObject, person: Person): Json[] {
    const path = 'roles[primary eq "True"].value'
    const role = person.roles.at(-1)
    const present = valueAt(read, path)
    if (role === undefined || present === role.value) return []
    this.sent.change(id, (meant) => placeAt(meant, path, role.value))
    return [{ op: present === undefined ? 'add' : 'replace', path, value: role.value }]
  }

  protected override managerValue(id: string): Json {
    return { value: id }
  }

  protected override operation(name: 'Add' | 'Replace' | 'Remove'): string {
    return name.toLowerCase()
  }

  protected override packed(references: readonly { groupId: string; userId: string }[]) {
    const byGroup = Map.groupBy(references, ({ groupId }) => groupId)
    return [...byGroup].flatMap(([groupId, ofGroup]) => {
      const userIds = ofGroup.map(({ userId }) => userId)
      return Array.from(
        { length: Math.ceil(userIds.length / 5) },
        (_, pack) => [groupId, userIds.slice(pack * 5, pack * 5 + 5)] as const,
      )
    })
  }

  protected override memberRemoval(userId: string): JsonObject {
    return { op: 'remove', path: `members[value eq "${userId}"]` }
  }
}
