import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply } from '@user-provisioning/contracts/reply'
import { operation } from '../commands/command.ts'
import { createdIn } from '../instances/created-in.ts'
import { instanceFact } from '../instances/instance-fact.ts'
import { presentApiKey } from './api-key-document.ts'
import { apiKeyState } from './api-key-state.ts'

/** From its answer on no request with the key reads or writes anything: each is checked against what is stored. */
export const revokeApiKey = operation('RevokeApiKey', {
  needs(message, want) {
    want.apiKey(createdIn(message).instanceId, message.parameters.apiKeyId ?? '')
  },

  decide(message, view, ctx) {
    const { instanceId } = createdIn(message)
    const before = view.apiKey(instanceId, message.parameters.apiKeyId ?? '')
    if (before === undefined) throw new Fault('not-found', { type: 'API key' })
    if (before.revokedAt !== null) {
      throw new Fault('state-conflict', { thing: 'The API key', state: 'revoked', verb: 'revoking it' })
    }
    const after = { ...before, holdsSlot: false, revokedAt: ctx.now, version: before.version + 1 }
    const changes = [{ kind: 'key' as const, path: before.slot, old: before.label, new: null }]
    return {
      effects: [{ kind: 'api-key', before, after }],
      announcements: [
        apiKeyState(after),
        instanceFact('ApiKeyRevoked', { instanceId, subject: after._id, changes }, ctx),
      ],
      reply: adminReply(presentApiKey(after, ctx.now)),
    }
  },
})
