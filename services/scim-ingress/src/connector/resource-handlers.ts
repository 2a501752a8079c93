import { Fault, shown } from '@user-provisioning/contracts/errors'
import type { Snapshot } from '@user-provisioning/contracts/reply'
import { readJsonBody } from '@user-provisioning/http/body'
import { entityTags, matchesTag, weakTag } from '@user-provisioning/scim/etag'
import { parsePatch } from '@user-provisioning/scim/patch'
import { isReturned, type Projection, project } from '@user-provisioning/scim/projection'
import { readResource } from '@user-provisioning/scim/resource'
import type { Identity } from './identity.ts'
import { projectionParameters, readProjection } from './projection.ts'
import type { Preconditions, ProvisionedType } from './provisioned-type.ts'
import { readParameters } from './query-parameters.ts'
import type { ResourceOperations } from './resource-operations.ts'
import { addressOf, presentSnapshot, typeOf } from './resource-presenter.ts'
import type { ScimContext, ScimHandler } from './scim-state.ts'
import { isPartial, streamResource } from './streamed-answer.ts'

/** What users and groups answer, one handler a method of RFC 7644 section 3. */
export interface ResourceHandlers {
  readonly create: ScimHandler
  readonly read: ScimHandler
  readonly replace: ScimHandler
  readonly patch: ScimHandler
  readonly remove: ScimHandler
}

export function resourceHandlers(
  provisioned: ProvisionedType,
  operations: ResourceOperations,
  identity: Identity,
): ResourceHandlers {
  const { type, apart, bodyLimitBytes } = provisioned

  function answer(ctx: ScimContext, resource: Snapshot, projection: Projection): void {
    ctx.set('ETag', weakTag(resource.scimVersion))
    if (isPartial(resource, projection)) streamResource(ctx, identity, resource, projection)
    else ctx.body = project(presentSnapshot(resource, ctx.state.tenantUrl), typeOf(resource), projection)
  }

  return {
    async create(ctx) {
      const projection = projectionOf(ctx)
      const given = readResource(await readJsonBody(ctx, { limitBytes: bodyLimitBytes }), type, 'create')
      const created = await operations.create(ctx.state, given)
      ctx.status = 201
      ctx.set('Location', addressOf(created, ctx.state.tenantUrl))
      answer(ctx, created, projection)
    },

    async read(ctx, id) {
      const projection = projectionOf(ctx)
      const found = await operations.read(ctx.state, id, isReturned(apart, type, projection))
      const { ifMatch, ifNoneMatch } = preconditionsOf(ctx)
      if (ifMatch && !matchesTag(ifMatch, found.scimVersion)) {
        throw new Fault('precondition-failed', { at: found.modifiedAt })
      }
      if (ifNoneMatch && matchesTag(ifNoneMatch, found.scimVersion)) {
        ctx.set('ETag', weakTag(found.scimVersion))
        ctx.status = 304
        return
      }
      answer(ctx, found, projection)
    },

    async replace(ctx, id) {
      const projection = projectionOf(ctx)
      const given = readResource(await readJsonBody(ctx, { limitBytes: bodyLimitBytes }), type, 'replace')
      answer(ctx, await operations.replace(ctx.state, id, given, preconditionsOf(ctx)), projection)
    },

    async patch(ctx, id) {
      const projection = projectionOf(ctx)
      const given = parsePatch(await readJsonBody(ctx, { limitBytes: bodyLimitBytes }), type)
      const resource = await operations.patch(ctx.state, id, given, preconditionsOf(ctx))
      if (provisioned.patchAnswersResource) return answer(ctx, resource, projection)
      if (projection.attributes === undefined) {
        ctx.set('ETag', weakTag(resource.scimVersion))
        ctx.status = 204
        return
      }
      // RFC 7644 section 3.5.2: who names attributes is answered with them.
      const read = await operations.read(ctx.state, id, isReturned(apart, type, projection))
      answer(ctx, read, projection)
    },

    async remove(ctx, id) {
      await operations.remove(ctx.state, id, preconditionsOf(ctx))
      ctx.status = 204
    },
  }
}

function projectionOf(ctx: ScimContext): Projection {
  return readProjection(readParameters(ctx.querystring, projectionParameters))
}

/** The tags as they may be sent on: whoever put a token into one has made no tag of ours. */
function preconditionsOf(ctx: ScimContext): Preconditions {
  const [match, noneMatch] = [ctx.get('If-Match'), ctx.get('If-None-Match')]
  return {
    ...(match === '' ? {} : { ifMatch: entityTags(match).map(shown) }),
    ...(noneMatch === '' ? {} : { ifNoneMatch: entityTags(noneMatch).map(shown) }),
  }
}
