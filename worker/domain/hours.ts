/** Whether the team is there, by the business hours in the settings. Pure. */
import type { Settings } from "./settings.ts";

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** @param at epoch ms. A zone that is not known counts as UTC */
export function isOpen(hours: Settings["hours"], at: number): boolean {
  if (hours.isAlwaysOpen) return true;
  const { day, minute } = localTime(hours.timeZone, at);
  return hours.days.some((span) => span.day === day && minute >= span.from && minute < span.to);
}

function localTime(timeZone: string, at: number): { day: number; minute: number } {
  const parts = new Map(
    formatterOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const hour = Number(parts.get("hour") ?? "0") % 24;
  return { day: WEEKDAYS.indexOf(parts.get("weekday") ?? "Mon") + 1, minute: hour * 60 + Number(parts.get("minute") ?? "0") };
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const options = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  try {
    return new Intl.DateTimeFormat("en", { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en", { ...options, timeZone: "UTC" });
  }
}
