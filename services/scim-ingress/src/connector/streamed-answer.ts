import { Readable } from 'node:stream'
import { newId } from '@user-provisioning/contracts/ids'
import type { GroupSnapshot, Snapshot } from '@user-provisioning/contracts/reply'
import { type ListPage, presentList } from '@user-provisioning/scim/present'
import { isReturned, type Projection, project } from '@user-provisioning/scim/projection'
import { groupType, userType } from '@user-provisioning/scim/schema'
import { type Call, type Identity, unexpected } from './identity.ts'
import { presentSnapshot, typeOf } from './resource-presenter.ts'
import type { ScimContext } from './scim-state.ts'

/** How long one page of what is still to come may take, in milliseconds. */
const pageDeadlineMs = 20_000
/** A client that takes nothing for so long is gone. */
const stalledMs = 60_000

/**
 * Whether more belongs to a resource, and is wanted, than fitted into the answer that it came with. Members of which some are still
 * to be written are not asked for: half a group is never shown as the answer to having asked for all of it.
 */
export function isPartial(resource: Snapshot, projection: Projection): boolean {
  return resource.kind === 'user'
    ? resource.groups === null && isReturned('groups', userType, projection)
    : resource.membersUnderWay !== true &&
        moreAfterOf(resource) !== undefined &&
        isReturned('members', groupType, projection)
}

/**
 * Answers with a resource that is too large for one message. It is written while the client takes it: a page of members is asked
 * for when the one before has left, so that neither service holds more than two of them, however slow the client is. If a page
 * does not come, the connection breaks off, so that half a group is never taken for the whole.
 */
export function streamResource(ctx: ScimContext, identity: Identity, resource: Snapshot, projection: Projection): void {
  const rest = restOf([resource], ctx.state.call, identity)
  stream(ctx, resourceText(resource, projection, ctx.state.tenantUrl, rest))
}

/** Answers with a list in the same way (RFC 7644 section 3.4.2). */
export function streamList(
  ctx: ScimContext,
  identity: Identity,
  resources: readonly Snapshot[],
  projection: Projection,
  page: ListPage,
): void {
  const rest = restOf(resources, ctx.state.call, identity)
  async function* listText(): AsyncGenerator<string> {
    const { Resources: _written, ...around } = presentList([], page)
    yield `${JSON.stringify({ ...around, itemsPerPage: resources.length }).slice(0, -1)},"Resources":[`
    for (const [n, resource] of resources.entries()) {
      if (n > 0) yield ','
      yield* resourceText(resource, projection, ctx.state.tenantUrl, rest)
    }
    yield ']}'
  }
  stream(ctx, listText())
}

function stream(ctx: ScimContext, text: AsyncGenerator<string>): void {
  ctx.res.setTimeout(stalledMs, () => ctx.res.destroy())
  ctx.res.setHeader('content-type', ctx.state.mediaType ?? ctx.state.form.mediaType)
  ctx.body = Readable.from(text)
}

/** From where on members are to be asked for: from the first, where none were read. */
function moreAfterOf({ members, moreAfter }: GroupSnapshot): string | undefined {
  return members === null ? '' : moreAfter
}

/** Asks for what did not come with the answer. */
interface Rest {
  user(id: string): Promise<Snapshot>
  /** The members of a group, page by page. Groups are to be gone through in the order of the answer. */
  members(group: GroupSnapshot): AsyncIterable<MembersPage['members']>
}

interface MembersPage {
  readonly members: NonNullable<GroupSnapshot['members']>
  readonly moreAfter: string | undefined
}

async function* resourceText(
  resource: Snapshot,
  projection: Projection,
  tenantUrl: string,
  rest: Rest,
): AsyncGenerator<string> {
  const presented = (snapshot: Snapshot) => project(presentSnapshot(snapshot, tenantUrl), typeOf(snapshot), projection)
  if (resource.kind === 'user') {
    yield JSON.stringify(presented(isPartial(resource, projection) ? await rest.user(resource.id) : resource))
    return
  }
  if (!isPartial(resource, projection)) {
    yield JSON.stringify(presented(resource))
    return
  }
  yield JSON.stringify(presented({ ...resource, members: null })).slice(0, -1)
  let isBegun = false
  for await (const page of rest.members(resource)) {
    const { members } = presented({ ...resource, members: page })
    if (!Array.isArray(members) || members.length === 0) continue
    yield (isBegun ? ',' : ',"members":[') + JSON.stringify(members).slice(1, -1)
    isBegun = true
  }
  yield isBegun ? ']}' : '}'
}

function restOf(resources: readonly Snapshot[], call: Call, identity: Identity): Rest {
  // A page may go on into the next groups: what it has of them waits here, and is never more than that page.
  const pages = new Map<string, MembersPage>()
  for (const resource of resources) {
    const moreAfter = resource.kind === 'group' ? moreAfterOf(resource) : undefined
    if (resource.kind !== 'group' || moreAfter === undefined) continue
    pages.set(resource.id, { members: resource.members ?? [], moreAfter })
  }
  const nextCall = (): Call => ({ ...call, requestId: newId(), deadlineAt: Date.now() + pageDeadlineMs })

  return {
    async user(userId) {
      const reply = await identity.query(nextCall(), { type: 'ReadScimUser', userId, withGroups: true })
      if (reply.outcome !== 'read') throw unexpected(reply)
      return reply.resource
    },
    async *members({ id }) {
      for (;;) {
        const { members, moreAfter } = pages.get(id) ?? { members: [], moreAfter: '' }
        yield members
        if (moreAfter === undefined) break
        const following = [...pages].filter(([other, page]) => other !== id && page.moreAfter === '')
        const groups = [{ id, after: moreAfter }, ...following.map(([other]) => ({ id: other, after: '' }))]
        const reply = await identity.query(nextCall(), { type: 'ReadMembers', groups })
        if (reply.outcome !== 'members') throw unexpected(reply)
        for (const page of reply.groups) pages.set(page.id, { members: page.members, moreAfter: page.moreAfter })
      }
      pages.delete(id)
    },
  }
}
