import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { instanceOf } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply } from '@user-provisioning/contracts/reply'
import { operation } from '../commands/command.ts'
import { instanceFact } from '../instances/instance-fact.ts'
import { instanceSeen } from '../instances/instance-seen.ts'
import { guardEffect } from './guarded.ts'
import { presentGuard } from './present-guard.ts'

const readBody = adminRoutes.rejectGuard.body

/**
 * Drops held changes. Where all are dropped the guard is armed again, and still counts what was carried out within its window:
 * whatever the IdP sends again is held again.
 */
export const rejectGuard = operation('RejectGuard', {
  needs(message, want) {
    const instanceId = instanceOf(message)
    want.instance(instanceId)
    want.guard(instanceId)
    for (const userId of readBody.parse(message.body).userIds ?? []) want.held(instanceId, userId)
  },

  decide(message, view, ctx) {
    const instance = instanceSeen(message, view)
    const { _id: instanceId } = instance
    const { userIds, change } = readBody.parse(message.body)
    const seen = view.guard(instanceId)
    if (seen === undefined) throw new Fault('internal-error', {}, { internal: 'the guard was not read' })
    const named = userIds?.flatMap((userId) => view.held(instanceId, userId) ?? [])
    const dropped = (kind: 'suspend' | 'delete'): number => {
      if (change !== undefined && change !== kind) return 0
      return named === undefined ? seen.held[kind] : named.filter((held) => held.change === kind).length
    }
    const held = {
      suspend: seen.held.suspend - dropped('suspend'),
      delete: seen.held.delete - dropped('delete'),
    }
    const isRearmed = held.suspend + held.delete === 0 && seen.document?.state === 'tripped'
    const rearmed = isRearmed && guardEffect(seen.document, { ...seen.document, state: 'armed', trippedAt: null })
    const changes = [
      {
        kind: 'state' as const,
        path: 'guard/held',
        old: String(seen.held.suspend + seen.held.delete),
        new: String(held.suspend + held.delete),
      },
    ]
    const after = { ...seen, held, document: rearmed ? rearmed.after : seen.document }
    return {
      effects: [{ kind: 'held-dropped', instanceId, chosen: { userIds, change }, held }, ...(rearmed ? [rearmed] : [])],
      announcements: [instanceFact('GuardRejected', { instanceId, subject: instanceId, changes }, ctx)],
      reply: adminReply(presentGuard(instance, after, [])),
    }
  },
})
