import type { CursorSigner } from '@user-provisioning/auth/cursor'
import type { Snapshot } from '@user-provisioning/contracts/reply'
import { ScimError } from '@user-provisioning/scim/errors'
import { exactLookup } from '@user-provisioning/scim/exact-lookup'
import { type ListPage, presentList } from '@user-provisioning/scim/present'
import { isReturned, project } from '@user-provisioning/scim/projection'
import { Findings } from '@user-provisioning/scim/quirks'
import { userType } from '@user-provisioning/scim/schema'
import type { Caller, Credentials } from './authentication.ts'
import { type BareQuery, type Identity, unexpected } from './identity.ts'
import { writeCursor } from './list-cursor.ts'
import { type ListParameters, listParametersOf, readSearchBody } from './list-parameters.ts'
import { type ListQuery, readListQuery } from './list-query.ts'
import type { ProvisionedType } from './provisioned-type.ts'
import { presentSnapshot, typeOf } from './resource-presenter.ts'
import type { ScimContext, ScimHandler } from './scim-state.ts'
import { isPartial, streamList } from './streamed-answer.ts'

/** A list that clients can ask for: the users, the groups, or both at the server root. */
export interface Listing {
  readonly endpoint: string
  readonly provisioned: readonly ProvisionedType[]
  /** @param withApart for each type, whether the attribute that is kept apart is wanted */
  readonly find: (list: ListQuery, withApart: readonly boolean[]) => BareQuery
}

export interface ListHandlers {
  /** RFC 7644 section 3.4.2 */
  readonly list: ScimHandler
  /** The same by POST, so that nothing confidential stands in a URL (RFC 7644 section 3.4.3). */
  readonly search: ScimHandler
}

export function listHandlers(
  listing: Listing,
  identity: Identity,
  signer: CursorSigner,
  instance: Credentials['instance'],
): ListHandlers {
  const { endpoint, provisioned } = listing
  const types = provisioned.map(({ type }) => type)

  function queryOf(ctx: ScimContext, parameters: ListParameters): ListQuery {
    const { call, notes } = ctx.state
    const findings = new Findings()
    const list = readListQuery(parameters, { instanceId: call.caller.instanceId, endpoint, types }, signer, findings)
    for (const quirk of findings.quirks) notes.quirks.add(quirk)
    return list
  }

  /** What is looked up by the instance's matching attribute, by type: the way of a pick-up. */
  function lookupsOf({ filters }: ListQuery, { instanceId }: Caller): (string | undefined)[] {
    return provisioned.map(({ type, matchingAttribute }, n) => {
      const filter = filters[n]
      const chosen = type === userType ? instance(instanceId)?.matchingAttribute : undefined
      return filter && filter !== true ? exactLookup(filter, chosen ?? matchingAttribute, type) : undefined
    })
  }

  async function pickUpLookedUp(ctx: ScimContext, lookups: readonly unknown[], found: readonly Snapshot[]) {
    for (const [n, { type, pickUp }] of provisioned.entries()) {
      const [hit, ...others] = found.filter((resource) => typeOf(resource) === type)
      if (lookups[n] === undefined || !hit || hit.managed || others.length > 0) continue
      await identity.pickUp(ctx.state.call, hit.id, pickUp(hit.id))
    }
  }

  async function answer(ctx: ScimContext, list: ListQuery): Promise<void> {
    const { tenantUrl } = ctx.state
    const lookups = lookupsOf(list, ctx.state.call.caller)
    ctx.state.notes.targetName = lookups.find((name) => name !== undefined) ?? null
    const withApart = provisioned.map(({ apart, type }) => isReturned(apart, type, list.projection))
    const reply = await identity.query(ctx.state.call, listing.find(list, withApart))
    if (reply.outcome !== 'list') throw unexpected(reply)
    ctx.state.notes.wouldPickUp = reply.wouldPickUp
    await pickUpLookedUp(ctx, lookups, reply.resources)
    const { total: totalResults, next } = reply
    const page: ListPage =
      list.walk === undefined
        ? { totalResults, startIndex: list.startIndex }
        : {
            totalResults,
            nextCursor: next && writeCursor(list.identity, { ...list, total: totalResults, after: next }, signer),
          }
    if (reply.resources.some((found) => isPartial(found, list.projection))) {
      streamList(ctx, identity, reply.resources, list.projection, page)
      return
    }
    const resources = reply.resources.map((found) =>
      project(presentSnapshot(found, tenantUrl), typeOf(found), list.projection),
    )
    ctx.body = presentList(resources, page)
  }

  return {
    list: (ctx) => answer(ctx, queryOf(ctx, listParametersOf(ctx))),
    async search(ctx) {
      const parameters = await readSearchBody(ctx)
      try {
        await answer(ctx, queryOf(ctx, parameters))
      } catch (err) {
        throw asOfABody(err)
      }
    },
  }
}

/** What must not stand in a URL may stand here, but there is nothing that it could find. */
function asOfABody(err: unknown): unknown {
  if (!(err instanceof ScimError) || err.code !== 'sensitive-in-url') return err
  return new ScimError('filter-invalid', { position: 1, why: `${err.slots.attribute} is never returned, nor found` })
}
