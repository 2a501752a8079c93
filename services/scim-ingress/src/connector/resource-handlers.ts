import type { Snapshot } from '@user-provisioning/contracts/reply'
import { readJsonBody } from '@user-provisioning/http/body'
import { entityTags, matchesTag, weakTag } from '@user-provisioning/scim/etag'
import { parsePatch } from '@user-provisioning/scim/patch'
import { isReturned, type Projection, project } from '@user-provisioning/scim/projection'
import { readResource } from '@user-provisioning/scim/resource'
import { projectionParameters, readProjection } from './projection.ts'
import type { ProvisionedType } from './provisioned-type.ts'
import { readParameters } from './query-parameters.ts'
import type { ResourceOperations } from './resource-operations.ts'
import { addressOf, presentSnapshot, typeOf } from './resource-presenter.ts'
import type { ScimContext, ScimHandler } from './scim-state.ts'

/** What users and groups answer, one handler a method of RFC 7644 section 3. */
export interface ResourceHandlers {
  readonly create: ScimHandler
  readonly read: ScimHandler
  readonly replace: ScimHandler
  readonly patch: ScimHandler
  readonly remove: ScimHandler
}

export function resourceHandlers(provisioned: ProvisionedType, operations: ResourceOperations): ResourceHandlers {
  const { type, apart, bodyLimitBytes } = provisioned

  return {
    async create(ctx) {
      const projection = projectionOf(ctx)
      const given = readResource(await readJsonBody(ctx, { limitBytes: bodyLimitBytes }), type, 'create')
      const created = await operations.create(ctx.state, given)
      ctx.status = 201
      ctx.set('Location', addressOf(created, ctx.state.tenantUrl))
      answerResource(ctx, created, projection)
    },

    async read(ctx, id) {
      const projection = projectionOf(ctx)
      const found = await operations.read(ctx.state, id, isReturned(apart, type, projection))
      const known = ctx.get('If-None-Match')
      answerResource(ctx, found, projection)
      if (known !== '' && matchesTag(known, found.scimVersion)) ctx.status = 304
    },

    async replace(ctx, id) {
      const projection = projectionOf(ctx)
      const given = readResource(await readJsonBody(ctx, { limitBytes: bodyLimitBytes }), type, 'replace')
      answerResource(ctx, await operations.replace(ctx.state, id, given, ifMatch(ctx)), projection)
    },

    async patch(ctx, id) {
      const projection = projectionOf(ctx)
      const given = parsePatch(await readJsonBody(ctx, { limitBytes: bodyLimitBytes }), type)
      const resource = await operations.patch(ctx.state, id, given, ifMatch(ctx))
      if (provisioned.patchAnswersResource) return answerResource(ctx, resource, projection)
      if (projection.attributes === undefined) {
        ctx.set('ETag', weakTag(resource.scimVersion))
        ctx.status = 204
        return
      }
      // RFC 7644 section 3.5.2: who names attributes is answered with them.
      const read = await operations.read(ctx.state, id, isReturned(apart, type, projection))
      answerResource(ctx, read, projection)
    },

    async remove(ctx, id) {
      await operations.remove(ctx.state, id, ifMatch(ctx))
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

function answerResource(ctx: ScimContext, resource: Snapshot, projection: Projection): void {
  ctx.set('ETag', weakTag(resource.scimVersion))
  ctx.body = project(presentSnapshot(resource, ctx.state.tenantUrl), typeOf(resource), projection)
}
