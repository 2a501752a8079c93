import type { Reply, Snapshot } from '@user-provisioning/contracts/reply'
import { readJsonBody } from '@user-provisioning/http/body'
import { entityTags, matchesTag, weakTag } from '@user-provisioning/scim/etag'
import type { JsonObject } from '@user-provisioning/scim/json'
import { parsePatch } from '@user-provisioning/scim/patch'
import { presentList } from '@user-provisioning/scim/present'
import { isReturned, type Projection, project } from '@user-provisioning/scim/projection'
import { readResource } from '@user-provisioning/scim/resource'
import { type Identity, unexpected } from './identity.ts'
import { type ListQuery, readListQuery } from './list-query.ts'
import { projectionParameters, readProjection } from './projection.ts'
import { provision } from './provision.ts'
import type { ProvisionedType } from './provisioned-type.ts'
import { readParameters } from './query-parameters.ts'
import { addressOf, presentSnapshot, typeOf } from './resource-presenter.ts'
import type { ScimContext, ScimHandler } from './scim-state.ts'

/** What users and groups answer, one handler a method of RFC 7644 section 3. */
export interface ResourceHandlers {
  readonly create: ScimHandler
  readonly list: ScimHandler
  readonly read: ScimHandler
  readonly replace: ScimHandler
  readonly patch: ScimHandler
  readonly remove: ScimHandler
}

export function resourceHandlers(provisioned: ProvisionedType, identity: Identity): ResourceHandlers {
  const { type, apart, matchingAttribute } = provisioned

  async function readSnapshot(ctx: ScimContext, id: string, withApart: boolean): Promise<Snapshot> {
    const reply = await identity.query(ctx.state.call, provisioned.read(id, withApart))
    if (reply.outcome !== 'read') throw unexpected(reply)
    return reply.resource
  }

  async function pickUpLookedUp(ctx: ScimContext, list: ListQuery, found: readonly Snapshot[]): Promise<void> {
    const [hit, ...others] = found
    if (list.lookup === null || !hit || hit.managed || others.length > 0) return
    await identity.pickUp(ctx.state.call, hit.id, provisioned.pickUp(hit.id))
  }

  return {
    async create(ctx) {
      const projection = projectionOf(ctx)
      const body = await readJsonBody(ctx, { limitBytes: provisioned.bodyLimitBytes })
      const { resource: scim, dropped } = readResource(body, type, 'create')
      ctx.state.notes.droppedAttributes = dropped
      ctx.state.notes.targetName = nameIn(scim, matchingAttribute)
      const created = await provision(ctx.state.call, provisioned, scim, identity)
      ctx.status = 201
      ctx.set('Location', addressOf(created, ctx.state.tenantUrl))
      answerResource(ctx, created, projection)
    },

    async list(ctx) {
      const list = readListQuery(ctx.querystring, type, matchingAttribute)
      ctx.state.notes.targetName = list.lookup
      const withApart = isReturned(apart, type, list.projection)
      const reply = await identity.query(ctx.state.call, provisioned.find(list, withApart))
      if (reply.outcome !== 'list') throw unexpected(reply)
      await pickUpLookedUp(ctx, list, reply.resources)
      const resources = reply.resources.map((found) =>
        project(presentSnapshot(found, ctx.state.tenantUrl), type, list.projection),
      )
      ctx.body = presentList(resources, { totalResults: reply.total, startIndex: list.startIndex })
    },

    async read(ctx, id) {
      const projection = projectionOf(ctx)
      const found = await readSnapshot(ctx, id, isReturned(apart, type, projection))
      const known = ctx.get('If-None-Match')
      answerResource(ctx, found, projection)
      if (known !== '' && matchesTag(known, found.scimVersion)) ctx.status = 304
    },

    async replace(ctx, id) {
      const projection = projectionOf(ctx)
      const body = await readJsonBody(ctx, { limitBytes: provisioned.bodyLimitBytes })
      const { resource: scim, dropped } = readResource(body, type, 'replace')
      ctx.state.notes.droppedAttributes = dropped
      ctx.state.notes.targetName = nameIn(scim, matchingAttribute)
      const reply = await identity.command(ctx.state.call, id, provisioned.replace(id, scim, ifMatch(ctx)))
      answerResource(ctx, changed(reply), projection)
    },

    async patch(ctx, id) {
      const projection = projectionOf(ctx)
      const body = await readJsonBody(ctx, { limitBytes: provisioned.bodyLimitBytes })
      const { operations, dropped } = parsePatch(body, type)
      ctx.state.notes.droppedAttributes = dropped
      const reply = await identity.command(ctx.state.call, id, provisioned.patch(id, operations, ifMatch(ctx)))
      const resource = changed(reply)
      if (provisioned.patchAnswersResource) return answerResource(ctx, resource, projection)
      if (projection.attributes === undefined) {
        ctx.set('ETag', weakTag(resource.scimVersion))
        ctx.status = 204
        return
      }
      // RFC 7644 section 3.5.2: who names attributes is answered with them.
      answerResource(ctx, await readSnapshot(ctx, id, isReturned(apart, type, projection)), projection)
    },

    async remove(ctx, id) {
      const reply = await identity.command(ctx.state.call, id, provisioned.remove(id, ifMatch(ctx)))
      if (reply.outcome !== 'deleted') throw unexpected(reply)
      ctx.status = 204
    },
  }
}

function projectionOf(ctx: ScimContext): Projection {
  return readProjection(readParameters(ctx.querystring, projectionParameters))
}

function ifMatch(ctx: ScimContext): string[] | undefined {
  const header = ctx.get('If-Match')
  return header === '' ? undefined : entityTags(header)
}

function changed(reply: Reply): Snapshot {
  if (reply.outcome !== 'changed') throw unexpected(reply)
  return reply.resource
}

function nameIn(scim: JsonObject, attribute: string): string | null {
  const name = scim[attribute]
  return typeof name === 'string' ? name : null
}

function answerResource(ctx: ScimContext, resource: Snapshot, projection: Projection): void {
  const { notes, tenantUrl } = ctx.state
  notes.targetId = resource.id
  notes.targetName ??= nameIn(resource.scim, resource.kind === 'user' ? 'userName' : 'displayName')
  ctx.set('ETag', weakTag(resource.scimVersion))
  ctx.body = project(presentSnapshot(resource, tenantUrl), typeOf(resource), projection)
}
