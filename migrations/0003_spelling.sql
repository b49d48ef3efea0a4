CREATE INDEX `contact_addresses_respell` ON `contact_addresses` (`email`) WHERE email GLOB '*@*[^ -~]*';--> statement-breakpoint
CREATE INDEX `contacts_respell` ON `contacts` (`email`) WHERE email GLOB '*@*[^ -~]*';--> statement-breakpoint
CREATE INDEX `conversation_addresses_respell` ON `conversation_addresses` (`email`) WHERE email GLOB '*@*[^ -~]*';--> statement-breakpoint
CREATE INDEX `places_respell` ON `places` (`email`) WHERE email GLOB '*@*[^ -~]*';--> statement-breakpoint
CREATE INDEX `undeliverable_addresses_respell` ON `undeliverable_addresses` (`email`) WHERE email GLOB '*@*[^ -~]*';--> statement-breakpoint
CREATE INDEX `form_conversations_respell` ON `form_conversations` (`person`) WHERE person GLOB '*@*[^ -~]*';--> statement-breakpoint
CREATE INDEX `participants_respell` ON `participants` (`email`) WHERE email GLOB '*@*[^ -~]*';