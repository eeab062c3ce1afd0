/**
 * The ten switches of an appointment (contract section 3), once. Everything that knows a switch by
 * name (request and answer schemas, defaults, the room address) is derived from this list.
 */

/** What a switch holds when neither the request, the department nor the organisation says more. */
export const defaultFeatures = {
  features_call_recording_enable: false,
  features_breakout_room_enable: false,
  features_webcam_access_agent_enable: true,
  features_webcam_access_claimant_enable: true,
  features_webcam_background_blurring_enable: false,
  features_microphone_access_enable: true,
  features_screen_sharing_enable: false,
  features_messages_chat_enable: false,
  features_participant_list_enable: false,
  features_bandwidth: null as Bandwidth | null,
};

/** The rungs of `features_bandwidth`; null adapts by itself. */
export const bandwidths = ['low', 'medium', 'high'] as const;

export type Bandwidth = (typeof bandwidths)[number];
export type Features = typeof defaultFeatures;
export type FeatureName = keyof Features;

export const featureNames = Object.freeze(Object.keys(defaultFeatures)) as readonly FeatureName[];
