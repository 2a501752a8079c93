import { randomUUID } from 'node:crypto'
import type { Person, Team } from './directory.ts'
import { coreGroup, coreUser, equals, IdentityProvider, percentEncoded } from './identity-provider.ts'
import type { Json, JsonObject, ResourceKind } from './scim-client.ts'
import { commonUser } from './user-template.ts'

/**
 * JumpCloud with a custom SCIM integration: activation tries everything out with a test user and a test group; no extension;
 * groups are matched by name and taken over, empty ones are not created; whoever goes is deactivated, and the same id comes
 * back when somebody returns.
 */
export class JumpCloud extends IdentityProvider {
  static readonly transport = {
    headers: { 'user-agent': 'JumpCloud', accept: 'application/json' },
    contentType: 'application/json',
  }

  async testConnection(): Promise<void> {
    const name = `jumpcloud.test.${randomUUID()}@harbour.test`
    const user = { schemas: [coreUser], userName: name, active: true, name: { givenName: 'Test', familyName: 'User' } }
    await this.lookUp('Users', 'userName', name)
    const madeUser = await this.request('activation', 'POST', '/Users', [201], user)
    const userPath = `/Users/${madeUser.body?.id}`
    await this.request('activation', 'GET', userPath, [200])
    await this.request('activation', 'PUT', userPath, [200], { ...user, displayName: 'Test User' })
    const group = { schemas: [coreGroup], displayName: name }
    const madeGroup = await this.request('activation', 'POST', '/Groups', [201], group)
    const groupPath = `/Groups/${madeGroup.body?.id}`
    await this.patch('activation', groupPath, [
      { op: 'add', path: 'members', value: [{ value: madeUser.body?.id ?? '' }] },
    ])
    await this.request('activation', 'PUT', groupPath, [200], { ...group, displayName: `${name} renamed` })
    await this.request('activation', 'DELETE', groupPath, [204])
    await this.request('activation', 'DELETE', userPath, [204])
  }

  protected lookupPath(kind: ResourceKind, attribute: string, value: string): string {
    return `/${kind}?${percentEncoded({ filter: equals(attribute, value) })}`
  }

  protected async provisionUser(person: Person): Promise<void> {
    const meant = commonUser(person)
    const body = { schemas: [coreUser], ...meant }
    await this.pushUser(person, meant, {
      creation: () => body,
      update: async (id) => {
        this.sent.put('Users', id, meant)
        await this.replace(person.enabled ? 'replace user' : 'disable user', `/Users/${id}`, id, { id, ...body })
      },
    })
  }

  protected async removeUser(id: string): Promise<void> {
    let body: JsonObject = {}
    this.sent.change(id, (meant) => {
      meant.active = false
      body = meant
    })
    await this.replace('disable user', `/Users/${id}`, id, { schemas: [coreUser], id, ...body })
  }

  protected async provisionGroup(team: Team): Promise<void> {
    const { displayName, objectId } = team
    const members = this.memberIds(team, (person) => person.enabled)
    const content = { displayName, members: [...members] }
    if (!this.isNews(objectId, content)) return
    const id = this.groups.get(objectId) ?? (await this.#linkGroup(team, members.size > 0))
    if (id === undefined) return
    const noted = this.sent.members(id)
    const operations: Json[] = [{ op: 'replace', path: 'displayName', value: displayName }]
    const added = [...members.difference(noted)].map((value) => ({ value }))
    if (added.length > 0) operations.push({ op: 'add', path: 'members', value: added })
    for (const [index, value] of [...noted.difference(members)].entries()) {
      operations.push(
        index % 2 === 0
          ? { op: 'remove', path: 'members', value: [{ value }] }
          : { op: 'remove', path: `members[value eq "${value}"]` },
      )
    }
    if (!(await this.patch('patch group', `/Groups/${id}`, operations))) return
    this.noteGroup(id, displayName, members)
    this.pushed.set(objectId, content)
  }

  async #linkGroup({ objectId, displayName }: Team, hasMembers: boolean): Promise<string | undefined> {
    const found = await this.lookUp('Groups', 'displayName', displayName)
    if (found === undefined && !hasMembers) return undefined
    const body = { schemas: [coreGroup], displayName }
    const id = found ?? (await this.create('Groups', 'displayName', body, { displayName }))
    if (id === undefined) return undefined
    this.groups.set(objectId, id)
    if (found !== undefined) {
      this.sent.adopt('Groups', id, { displayName })
    }
    return id
  }

  /** The group stays; its people are another matter. */
  protected async removeGroup(): Promise<void> {}
}
