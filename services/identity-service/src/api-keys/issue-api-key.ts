import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply } from '@user-provisioning/contracts/reply'
import { mayProvision } from '../callers/caller.ts'
import { operation } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import { createdIn } from '../instances/created-in.ts'
import { instanceFact } from '../instances/instance-fact.ts'
import { type ApiKeyDocument, apiKeySlots, presentApiKey } from './api-key-document.ts'
import { apiKeyState } from './api-key-state.ts'

const readBody = adminRoutes.issueApiKey.body
const dayMs = 86_400_000

/** A new API key in the free slot; the ingress signs its secret. A slot held by an expired key is free. */
export const issueApiKey = operation('IssueApiKey', {
  needs(message, want) {
    const { instanceId } = createdIn(message)
    want.slotsOf(instanceId)
    want.user(instanceId, readBody.parse(message.body).integrationUserId)
  },

  decide(message, view, ctx) {
    const { instanceId } = createdIn(message)
    const { integrationUserId, label, expiresInDays } = readBody.parse(message.body)
    const user = view.user(instanceId, integrationUserId)
    if (user === undefined || user.role === null || user.state === 'deleted') {
      throw new Fault('integration-user-refused', { name: integrationUserId, reason: 'does not exist here' })
    }
    if (user.state === 'suspended') {
      throw new Fault('integration-user-refused', { name: user.userName, reason: 'is suspended' })
    }
    if (!mayProvision(user.role)) {
      throw new Fault('integration-user-refused', { name: user.userName, reason: 'lacks Lite Admin' })
    }
    const held = view.slotsOf(instanceId)
    const expired = held.filter((key) => key.expiresAt <= ctx.now)
    const slot = apiKeySlots.find((name) => !held.some((key) => key.slot === name && !expired.includes(key)))
    if (slot === undefined) throw new Fault('slots-full', { things: 'API keys' })

    const key: ApiKeyDocument = {
      _id: ctx.mintedId,
      instanceId,
      slot,
      holdsSlot: true,
      label,
      integrationUserId,
      createdAt: ctx.now,
      expiresAt: new Date(ctx.now.getTime() + expiresInDays * dayMs),
      revokedAt: null,
      version: 1,
    }
    const released: Effect[] = expired
      .filter((old) => old.slot === slot)
      .map((before) => ({
        kind: 'api-key',
        before,
        after: { ...before, holdsSlot: false, version: before.version + 1 },
      }))
    const changes = [{ kind: 'key' as const, path: slot, old: null, new: label }]
    return {
      effects: [...released, { kind: 'api-key', before: null, after: key }],
      announcements: [apiKeyState(key), instanceFact('ApiKeyIssued', { instanceId, subject: key._id, changes }, ctx)],
      reply: adminReply(presentApiKey(key, ctx.now)),
    }
  },
})
