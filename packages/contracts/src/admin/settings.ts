import { z } from 'zod'
import { actor } from '../actor.ts'
import { settings } from '../settings.ts'
import { adminRoute, none, ofInstance } from './route.ts'

/** An instance's settings as they were last saved; version 1 are the defaults. */
export const savedSettings = settings.extend({
  instanceId: z.uuid(),
  version: z.int().positive(),
  changedAt: z.iso.datetime(),
  changedBy: actor,
})

export const settingsRoutes = {
  readSettings: adminRoute({
    operationId: 'readSettings',
    method: 'GET',
    path: '/instances/{instanceId}/settings',
    owner: 'identity-service',
    kind: 'query',
    role: ['viewer', 'operator'],
    entity: 'instance',
    parameters: ofInstance,
    query: none,
    body: null,
    answer: savedSettings,
    status: 200,
    errors: [],
    requirement: '3.1',
    summary: 'How the instance is provisioned: pick-up, re-hire, deprovision guard.',
  }),
  saveSettings: adminRoute({
    operationId: 'saveSettings',
    method: 'PUT',
    path: '/instances/{instanceId}/settings',
    owner: 'identity-service',
    kind: 'command',
    role: 'admin',
    entity: 'instance',
    parameters: ofInstance,
    query: none,
    body: settings,
    answer: savedSettings,
    ifMatch: 'required',
    dryRun: true,
    status: 200,
    errors: [],
    requirement: '3.1',
    summary: 'Saves all settings of the instance. They hold from the next request on.',
  }),
} as const
