CREATE TABLE `conversation_addresses` (
	`email` text NOT NULL,
	`conversation_id` text NOT NULL,
	`is_chat` integer NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`email`, `conversation_id`)
);
--> statement-breakpoint
CREATE TABLE `places` (
	`email` text PRIMARY KEY NOT NULL,
	`conversation_id` text NOT NULL,
	`updated_at` integer NOT NULL
);
