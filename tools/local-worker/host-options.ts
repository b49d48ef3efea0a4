/** What the host program is told: one Worker, its objects and its storage. */
import * as v from "valibot";

export const hostOptionsSchema = v.object({
  port: v.number(),
  /** Where the runtime's inspector listens; none where nobody looks. */
  inspectorPort: v.optional(v.number()),
  /** Folder of everything that outlives the process. */
  state: v.string(),
  /** Path of the bundled Worker. */
  script: v.string(),
  /** Variables of the Worker. */
  variables: v.record(v.string(), v.string()),
  /** Binding → class. */
  objects: v.record(v.string(), v.string()),
  /** Folder of D1's migrations for the binding `DB`, and a bucket `MAIL`; none for a Worker that has neither. */
  migrations: v.nullable(v.string()),
});

export type HostOptions = v.InferOutput<typeof hostOptionsSchema>;

/** What the host prints when the Worker answers. */
export const HOST_READY_LINE = "worker is ready";
