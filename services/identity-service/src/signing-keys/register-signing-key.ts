import { adminReply } from '@user-provisioning/contracts/reply'
import { topics } from '@user-provisioning/contracts/topics'
import { operation, unchanged } from '../commands/command.ts'

/** The ingress tells the public half of the key that it signs with; known already, it is nothing. */
export const registerSigningKey = operation('RegisterSigningKey', {
  needs({ key }, want) {
    want.signingKey(key.kid)
  },

  decide({ key }, view, ctx) {
    const { kid, purpose, publicKeyPem } = key
    const before = view.signingKey(kid) ?? null
    if (before?.publicKeyPem === publicKeyPem) return unchanged(adminReply({ kid }))
    return {
      effects: [{ kind: 'signing-key', before, after: { _id: kid, purpose, publicKeyPem, registeredAt: ctx.now } }],
      announcements: [{ kind: 'state', topic: topics.signingKeys, key: kid, type: 'SigningKeyState', value: key }],
      reply: adminReply({ kid }),
    }
  },
})
