import { expect, test } from "vitest";
import { matchesLedgerSearch } from "../../../worker/domain/ledger-search.ts";

const TEXTS = ["Re: El Pañuelo — ÚLTIMO aviso", "Nora.Person@shop.example", "help@acme.test"];

test("a search finds every one of its words somewhere, without case and accents", () => {
  for (const query of ["pañuelo", "PANUELO", "ultimo  aviso", "aviso nora", "@shop.example", " ", "ｎｏｒａ"])
    expect([query, matchesLedgerSearch(TEXTS, query)]).toEqual([query, true]);
  for (const query of ["invoice", "pañuelo invoice", "personshop", "%", "avisonora"])
    expect([query, matchesLedgerSearch(TEXTS, query)]).toEqual([query, false]);
});
