import { z } from 'zod'

/** What a user is looked up by: a native one that is found so, alone, is picked up (3.1). Groups always go by `displayName`. */
export const matchingAttributes = ['userName', 'emails[type eq "work"].value'] as const

/** `report-only`: nothing is picked up, but what would have been is in the provisioning log. */
export const pickUpModes = ['on', 'report-only', 'off'] as const
export type PickUpMode = (typeof pickUpModes)[number]

/** How an instance is provisioned. */
export const settings = z.strictObject({
  matchingAttribute: z.enum(matchingAttributes),
  pickUpMode: z.enum(pickUpModes),
  /** Somebody comes back under the user name of a deleted one: `new` with a new id, or the old one revived. */
  reHirePolicy: z.enum(['new', 'revive']),
  /** Holds suspensions and deletions back, once there were more than so many, or such a share of all users, in the window. */
  guard: z.strictObject({
    enabled: z.boolean(),
    maxCount: z.int().min(1).max(1_000_000),
    maxPercent: z.number().gt(0).max(100),
    windowMinutes: z.int().min(1).max(1_440),
  }),
})
export type Settings = z.infer<typeof settings>

/** Those of an instance that has saved none. */
export const defaultSettings: Settings = {
  matchingAttribute: 'userName',
  pickUpMode: 'on',
  reHirePolicy: 'new',
  guard: { enabled: false, maxCount: 100, maxPercent: 10, windowMinutes: 60 },
}
