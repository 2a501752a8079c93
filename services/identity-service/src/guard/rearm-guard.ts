import { adminReply } from '@user-provisioning/contracts/reply'
import { operation, unchanged } from '../commands/command.ts'
import { instanceFact } from '../instances/instance-fact.ts'
import { guardEffect } from './guarded.ts'

/** The guard was released: it counts from nothing again. */
export const rearmGuard = operation('RearmGuard', {
  needs({ instanceId }, want) {
    want.instance(instanceId)
    want.guard(instanceId)
  },

  decide({ instanceId }, view, ctx) {
    const document = view.guard(instanceId)?.document
    if (document?.state !== 'tripped') return unchanged(adminReply({}))
    const changes = [{ kind: 'state' as const, path: 'guard', old: 'tripped', new: 'released' }]
    return {
      effects: [guardEffect(document, { ...document, state: 'armed', trippedAt: null, countedFrom: ctx.now })],
      announcements: [instanceFact('GuardReleased', { instanceId, subject: instanceId, changes }, ctx)],
      reply: adminReply({}),
    }
  },
})
