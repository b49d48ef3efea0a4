/** Pictures that mails show from other servers, as the API speaks of them. */
import * as v from "valibot";
import { OUTSIDE_ADDRESS_LENGTH_MAX, PICTURE_LINKS_MAX } from "./outside-address.ts";

export const pictureLinksBodySchema = v.object({
  urls: v.pipe(v.array(v.pipe(v.string(), v.maxLength(OUTSIDE_ADDRESS_LENGTH_MAX))), v.maxLength(PICTURE_LINKS_MAX)),
});
/** One for each address, in their order; null where it is none that Hilo fetches from. */
export const pictureLinksSchema = v.object({ links: v.array(v.nullable(v.string())) });

export type PictureLinks = v.InferOutput<typeof pictureLinksSchema>;
