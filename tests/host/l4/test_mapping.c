/* The mapping database against its model, under the sanitizers. */
#include "l4_test.h"

#include <tap.h>

#include <mapping_model.h>

u64 kernel_frame(unsigned which)
{
	(void)which;
	return page_phys(frame_alloc());
}

#define STEPS 60000

void test_mapping(void)
{
	struct mapping_result result = mapping_model(STEPS);

	tap_eq(result.wrong, 0, "mapping, unmapping and ending spaces go as the model says");
	tap_ok(result.mapped > STEPS, "with many mappings at a time");
	tap_ok(result.tables_freed > 0, "a space that ends gives its tables back");
}
