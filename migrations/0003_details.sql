ALTER TABLE `contact_addresses` ADD `bare_email` text GENERATED ALWAYS AS (CASE WHEN instr(email, '+') > 1
  THEN substr(email, 1, instr(email, '+') - 1) || substr(email, instr(email, '@')) ELSE email END) VIRTUAL;--> statement-breakpoint
CREATE INDEX `contact_addresses_detailed` ON `contact_addresses` (`bare_email`) WHERE instr(email, '+') > 1;--> statement-breakpoint
ALTER TABLE `conversation_addresses` ADD `bare_email` text GENERATED ALWAYS AS (CASE WHEN instr(email, '+') > 1
  THEN substr(email, 1, instr(email, '+') - 1) || substr(email, instr(email, '@')) ELSE email END) VIRTUAL;--> statement-breakpoint
CREATE INDEX `conversation_addresses_detailed` ON `conversation_addresses` (`bare_email`) WHERE instr(email, '+') > 1;